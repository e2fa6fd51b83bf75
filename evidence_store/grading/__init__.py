"""How certain is it, by GRADE? Certainty, outcome assessments, strength, codes of other systems."""
