"""How a predictor is asked when it is scored: which targets, which prompts, in which order."""
