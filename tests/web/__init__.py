"""Tests of the pages of an office."""
