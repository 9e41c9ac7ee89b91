"""Losses: one file each; 0 at the right answer, finite on an empty one."""
