"""The images of the course, and the small network that was trained on them.

``Doodles`` stands in for CIFAR-10 and has its interface; ``cifar10`` gives the real one where it is
at hand; ``new_task`` is what chapter 7 teaches a trained network. The network itself is
:func:`autograder.torch_nn.data.models.tiny_vgg`.
"""

from autograder.torch_nn.data.cifar import cifar10
from autograder.torch_nn.data.doodles import Doodles, MoreDoodles, new_task, tensors

__all__ = ["Doodles", "MoreDoodles", "cifar10", "new_task", "tensors"]
