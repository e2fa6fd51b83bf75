"""What is asked, with which answer key? Cases, and what is masked in them."""
