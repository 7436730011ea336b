"""This course only: pictures, images and a small network, for its lessons."""
