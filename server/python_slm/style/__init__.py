"""Style profiles: what a team agrees on and ruff cannot say, as rules of our own, and how a profile is learnt."""
