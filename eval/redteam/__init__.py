"""Attacks made on purpose: does one turn an answer, and what stops it?"""
