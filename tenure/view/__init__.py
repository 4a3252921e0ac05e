"""The viewer: a local page over recorded episodes, which reads what was recorded."""
