"""Whether competence lasts: measures of an episode's course, each with its unit and interval."""
