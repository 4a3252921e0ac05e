"""Matches between agents: the plan, the ratings, and what is scored of them."""
