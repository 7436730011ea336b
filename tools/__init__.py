"""What made the stored images and the trained network of ``autograder.torch_nn.data``.

Run from the repository; nothing of it is in the package.

====================  ================================================================
``make_images``       draws all images and stores them: ``python -m tools.make_images``
``things``            what there is to draw: boat, butterfly, …, each as layers
``signed_distances``  the circles, boxes and lines that a thing is made of
``rasterize``         a thing → an image of 32 × 32 pixels
``train_tiny_vgg``    trains the network: ``python -m tools.train_tiny_vgg``
====================  ================================================================
"""
