"""Measures that are taken where somebody asks for them: one file each, found by name.

They are as those of `limner.measure`, but say more than most people want to know.
"""
