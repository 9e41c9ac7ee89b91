"""Recipes: what one published method adds to the one training loop; one file each."""
