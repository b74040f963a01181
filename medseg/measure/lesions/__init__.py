"""Two masks compared lesion by lesion: what was found, missed, split and merged."""
