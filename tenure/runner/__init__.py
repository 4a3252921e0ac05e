"""Plans a run and plays its episodes."""
