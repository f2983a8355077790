"""Labelled material: incidents with the severity and cause that a responder would sign, and attacks on the reader."""
