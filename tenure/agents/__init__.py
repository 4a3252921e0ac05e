"""Agents: the contract, scripted agents, and LLM agents."""
