"""Attacks on the evidence store, on a throw-away copy: does false evidence turn an answer, which rule stops it?"""
