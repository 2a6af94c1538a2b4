"""Attacks on the program: files and settings that mean harm. Each must end at once, in order, with one clean line."""
