"""The reader without a language model: features of sentences, weights, and the scores that explain them."""
