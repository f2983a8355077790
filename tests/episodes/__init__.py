"""Labelled incidents over time: raw events made from parameters, and what is true of them at seven later moments."""
