"""Speed and size as ratios against a named floor or peer, measured in the same run."""
