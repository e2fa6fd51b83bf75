"""What if something had been different? Forks, what-if, gate ablation, answers checked again."""
