"""What the outcomes of many models and conditions say together: ensembles, tests, concentration of harm, curves."""
