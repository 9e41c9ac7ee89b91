"""Trials: what a study measures, for one seed and the settings of one arm; one file each."""
