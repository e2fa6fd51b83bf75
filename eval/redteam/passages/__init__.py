"""Prompt injection: does a text from outside speak for the prompt, and does the answer turn to what it orders?"""
