limner models
limner models show limner
limner models verify limner
