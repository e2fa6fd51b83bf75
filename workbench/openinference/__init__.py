"""Our runs and steps in OpenInference's terms, for viewers such as Phoenix."""
