"""How is a step done once, recorded, and done again? Live runs, verification, forks."""
