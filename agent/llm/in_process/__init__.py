"""Models in this process: vLLM's engine and transformers, their tokens and their sampling."""
