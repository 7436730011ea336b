# Known answers of chapter 2. Format: see the docstring of this folder's __init__.py.

# %% to_nchw right: indexing with None
def to_nchw(a):
    return a[None, None].float()

# %% to_nchw right: unsqueeze twice
def to_nchw(a):
    batch = torch.unsqueeze(a, 0)
    return batch.unsqueeze(1).to(dtype=torch.float32)

# %% to_nchw right: reshape to the tensor's own size
def to_nchw(a):
    height, width = a.shape
    return torch.reshape(a.clone(), (1, 1, height, width)).type(torch.float32)

# %% to_nchw wrong: hard-coded size
# message: You reshape to (1, 1, 5, 5) whatever comes in. That fits this chapter's picture only: other
#   pictures are not five by five. Ask the tensor for its size.
def to_nchw(a):
    return a.reshape(1, 1, 5, 5).float()

# %% to_nchw wrong: only one axis added
# message: Your result has three axes. One of the two is still missing: a batch has the axes (N, C, H, W),
#   and a grey picture has neither N nor C.
def to_nchw(a):
    return a[None].float()

# %% to_nchw wrong: dtype left as it was
# message: The shape is right, but the numbers are still of the kind that came in. The statement asks for
#   float32, whatever the picture was.
def to_nchw(a):
    return a[None, None]

# %% to_nchw wrong: the constructor of old
# message: `torch.FloatTensor(...)` is the constructor of old and converts nothing. A tensor has methods of
#   its own that return it with another dtype.
def to_nchw(a):
    return torch.FloatTensor(a)[None, None]

# %% to_nchw wrong: height and width exchanged
# message: Your picture lies on its side: rows have become columns. A square picture hides that in the
#   shape, not in the numbers. Add axes, and leave the two that are there alone.
def to_nchw(a):
    return a.t()[None, None].float()

# %% to_nchw wrong: reshaped instead of transposed
# message: The height and the width have changed places in the shape, while the numbers stayed in their
#   old order: the rows are torn apart. (H, W) has to become (1, 1, H, W), in this order.
def to_nchw(a):
    return a.reshape(1, 1, a.shape[1], a.shape[0]).float()

# %% to_nchw wrong: scaled to the range from 0 to 1
# message: You divided by 255, as ToTensor does with pictures from files. Here the numbers are to stay the
#   same; only their type changes.
def to_nchw(a):
    return a[None, None].float() / 255

# %% to_nchw wrong: double precision
# message: You made it float64, Python's own precision. Networks compute in float32, and that is what the
#   statement asks for.
def to_nchw(a):
    return a[None, None].double()

# %% to_nchw wrong: the new axes at the end
# message: Your new axes stand behind the picture, (H, W, 1, 1). The batch and the channels come first:
#   (N, C, H, W).
def to_nchw(a):
    return a[:, :, None, None].float()

# %% to_nchw wrong: the axes are added in place
# message: What you return is right, but the picture of whoever called you now has four axes too: a method
#   whose name ends in `_` changes the tensor itself. Use the one without.
def to_nchw(a):
    a.unsqueeze_(0).unsqueeze_(0)
    return a.float()

# %% to_nchw wrong: whole numbers on the way
# message: You turn the numbers into whole ones on the way to float32, and what stands behind the point is
#   gone. Pictures may come with fractions.
def to_nchw(a):
    return a.long()[None, None].float()

# %% conv_out_size right: the formula
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1

# %% conv_out_size right: counting the places
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    reach = dilation * (k - 1) + 1
    return len(range(0, n + 2 * padding - reach + 1, stride))

# %% conv_out_size right: asking torch
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    line, window = torch.zeros(1, 1, n), torch.zeros(1, 1, k)
    return F.conv1d(line, window, stride=stride, padding=padding, dilation=dilation).shape[-1]

# %% conv_out_size wrong: the first place forgotten
# message: Your result is one too small. You count the steps, but not the place where the kernel starts.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride

# %% conv_out_size wrong: divided with a slash
# message: `/` divides to a float. A number of places is whole: Python's other division rounds down and
#   stays an int.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (k - 1) - 1) / stride + 1

# %% conv_out_size wrong: rounded up
# message: You round up, and so count a last step that no longer fits into the picture. A kernel that
#   hangs over the edge has no place there.
import math

def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return math.ceil((n + 2 * padding - dilation * (k - 1) - 1) / stride) + 1

# %% conv_out_size wrong: padding on one side only
# message: A border of `padding` is put on *both* sides, so a side grows by twice as much.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return (n + padding - dilation * (k - 1) - 1) // stride + 1

# %% conv_out_size wrong: dilation ignored
# message: You never use `dilation`. A kernel of 3 whose numbers are 2 pixels apart reaches over 5 pixels,
#   not over 3.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - k) // stride + 1

# %% conv_out_size wrong: dilation times the whole kernel
# message: You spread the kernel over `dilation * k` pixels. There are only k - 1 gaps between k numbers;
#   draw a kernel of 2 with dilation 2 and count.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * k) // stride + 1

# %% conv_out_size wrong: stride ignored
# message: You count the places for steps of one, whatever the stride is.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return n + 2 * padding - dilation * (k - 1)

# %% conv_out_size wrong: the brackets are missing
# message: Without brackets Python divides first, and only the last term. The whole numerator is to be divided.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return n + 2 * padding - dilation * (k - 1) - 1 // stride + 1

# %% conv_out_size wrong: the gaps without the last pixel
# message: You take away `dilation * (k - 1)`, the way from the kernel's first number to its last. The kernel
#   reaches over one pixel more than that.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (k - 1)) // stride + 1

# %% conv_out_size wrong: divided before subtracting
# message: You divide the whole side by the stride first. It is what is *left over* after the first place
#   that is walked over in strides.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return (n + 2 * padding) // stride - dilation * (k - 1)

# %% conv_out_size wrong: the one is added before the division
# message: You add the 1 before you divide. It stands for the place where the kernel starts, and no stride
#   walks over that one: add it to the quotient.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * (k - 1)) // stride

# %% conv_out_size wrong: rounded to the nearest
# message: You round to the nearest whole number, so sometimes up. A last step that does not fit is not
#   taken, however nearly it fits.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return round((n + 2 * padding - dilation * (k - 1) - 1) / stride) + 1

# %% conv_out_size wrong: both directions at once
# message: You return a pair. The question is about one side of a picture, so the answer is one number.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    size = (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1
    return size, size

# %% conv2d_manual right: two loops over places
def conv2d_manual(x, k, stride=1, padding=0):
    x = F.pad(x, [padding] * 4)
    rows = (x.shape[0] - k.shape[0]) // stride + 1
    columns = (x.shape[1] - k.shape[1]) // stride + 1
    out = torch.empty(rows, columns, dtype=x.dtype)
    for i in range(rows):
        for j in range(columns):
            window = x[i * stride : i * stride + k.shape[0], j * stride : j * stride + k.shape[1]]
            out[i, j] = torch.sum(window * k)
    return out

# %% conv2d_manual right: two loops over the kernel
def conv2d_manual(x, k, stride=1, padding=0):
    height, width = x.shape
    framed = torch.zeros(height + 2 * padding, width + 2 * padding, dtype=x.dtype)
    framed[padding : padding + height, padding : padding + width] = x
    rows = framed.shape[0] - k.shape[0] + 1
    columns = framed.shape[1] - k.shape[1] + 1
    total = torch.zeros(rows, columns, dtype=x.dtype)
    for i in range(k.shape[0]):
        for j in range(k.shape[1]):
            total = total + k[i, j] * framed[i : i + rows, j : j + columns]
    return total[::stride, ::stride]

# %% conv2d_manual right: windows with unfold
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3), dtype=x.dtype)

# %% conv2d_manual right: a helper that is called conv2d
def conv2d(window, k):
    return (window * k).sum().to(window.dtype)

def conv2d_manual(x, k, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    h, w = k.shape
    rows = [
        torch.stack([conv2d(x[i : i + h, j : j + w], k) for j in range(0, x.shape[1] - w + 1, stride)])
        for i in range(0, x.shape[0] - h + 1, stride)
    ]
    return torch.stack(rows)

# %% conv2d_manual right: a product of matrices
def conv2d_manual(x, k, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    windows = x.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return torch.tensordot(windows.contiguous(), k.contiguous(), dims=([2, 3], [0, 1]))

# %% conv2d_manual wrong: the kernel turned by half a turn
# message: You turn the kernel before you lay it down. That is the textbook's convolution; `conv2d` lays
#   the kernel down as it stands.
def conv2d_manual(x, k, stride=1, padding=0):
    k = k.flip(0, 1)
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3))

# %% conv2d_manual wrong: rows and columns of the kernel exchanged
# message: Your kernel lies on its side: its rows are laid along the picture's columns. Which index runs
#   downwards?
def conv2d_manual(x, k, stride=1, padding=0):
    k = k.t()
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3))

# %% conv2d_manual wrong: stride ignored
# message: The kernel moves by one pixel whatever `stride` says: is `stride` used anywhere in your code?
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], 1).unfold(1, k.shape[1], 1)
    return (windows * k).sum(dim=(2, 3))

# %% conv2d_manual wrong: padding ignored
# message: Your result is as small as without a border: `padding` is not used.
def conv2d_manual(x, k, stride=1, padding=0):
    windows = x.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3))

# %% conv2d_manual wrong: a square kernel taken for granted
# message: You use the height of the kernel for its width as well. Kernels need not be square: take both
#   numbers from `k.shape`.
def conv2d_manual(x, k, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    side = k.shape[0]
    rows = (x.shape[0] - side) // stride + 1
    columns = (x.shape[1] - side) // stride + 1
    out = torch.zeros(rows, columns, dtype=x.dtype)
    for i in range(rows):
        for j in range(columns):
            out[i, j] = (x[i * stride : i * stride + side, j * stride : j * stride + side] * k).sum()
    return out

# %% conv2d_manual wrong: the kernel starts at i instead of i times stride
# message: The result has the right size, but your kernel still moves by one pixel: in the picture, place i
#   starts at row i * stride.
def conv2d_manual(x, k, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    rows = (x.shape[0] - k.shape[0]) // stride + 1
    columns = (x.shape[1] - k.shape[1]) // stride + 1
    out = torch.zeros(rows, columns, dtype=x.dtype)
    for i in range(rows):
        for j in range(columns):
            out[i, j] = (x[i : i + k.shape[0], j : j + k.shape[1]] * k).sum()
    return out

# %% conv2d_manual wrong: a result of whole numbers
# message: Your result is made of whole numbers, so everything behind the point is cut off. It has to have
#   the dtype of `x`.
def conv2d_manual(x, k, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    rows = (x.shape[0] - k.shape[0]) // stride + 1
    columns = (x.shape[1] - k.shape[1]) // stride + 1
    out = torch.zeros(rows, columns, dtype=torch.int64)
    for i in range(rows):
        for j in range(columns):
            i0, j0 = i * stride, j * stride
            out[i, j] = (x[i0 : i0 + k.shape[0], j0 : j0 + k.shape[1]] * k).sum()
    return out

# %% conv2d_manual wrong: a result of float32
# message: Your numbers are right, but they are float32 whatever came in. The result has to have the dtype
#   of `x`; `torch.zeros` makes float32 unless it is told otherwise.
def conv2d_manual(x, k, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    rows = (x.shape[0] - k.shape[0]) // stride + 1
    columns = (x.shape[1] - k.shape[1]) // stride + 1
    out = torch.zeros(rows, columns)
    for i in range(rows):
        for j in range(columns):
            i0, j0 = i * stride, j * stride
            out[i, j] = (x[i0 : i0 + k.shape[0], j0 : j0 + k.shape[1]] * k).sum()
    return out

# %% conv2d_manual wrong: torch does the work
# message: The numbers are right, but torch computed them. This exercise asks for the two loops behind
#   `conv2d`; write them yourself.
def conv2d_manual(x, k, stride=1, padding=0):
    return F.conv2d(x[None, None], k[None, None], stride=stride, padding=padding)[0, 0]

# %% conv2d_manual wrong: padded with ones
# message: Your border is made of ones. A border of `padding` is made of zeros, which add nothing to any sum.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding), value=1)
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3))

# %% conv2d_manual wrong: only the columns are padded
# message: You gave `F.pad` two numbers, and it pads the last axis with them: your picture grew to the left
#   and to the right, not above and below.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3))

# %% conv2d_manual wrong: a border above and to the left only
# message: Your border lies on one side: `F.pad` takes four numbers, left, right, top and bottom, and two of
#   yours are 0.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, 0, padding, 0))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3))

# %% conv2d_manual wrong: the places are counted before the border is there
# message: You put the border around the picture, but you counted the places before: the result is as small as
#   without one, and only a corner of the right one.
def conv2d_manual(x, k, stride=1, padding=0):
    rows = (x.shape[0] - k.shape[0]) // stride + 1
    columns = (x.shape[1] - k.shape[1]) // stride + 1
    x = F.pad(x, (padding, padding, padding, padding))
    out = torch.zeros(rows, columns, dtype=x.dtype)
    for i in range(rows):
        for j in range(columns):
            i0, j0 = i * stride, j * stride
            out[i, j] = (x[i0 : i0 + k.shape[0], j0 : j0 + k.shape[1]] * k).sum()
    return out

# %% conv2d_manual wrong: the products are not added up
# message: You put a whole window of products where one number belongs. The products of a window are added up.
def conv2d_manual(x, k, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    rows = (x.shape[0] - k.shape[0]) // stride + 1
    columns = (x.shape[1] - k.shape[1]) // stride + 1
    out = torch.zeros(rows, columns, dtype=x.dtype)
    for i in range(rows):
        for j in range(columns):
            i0, j0 = i * stride, j * stride
            out[i, j] = x[i0 : i0 + k.shape[0], j0 : j0 + k.shape[1]] * k
    return out

# %% conv2d_manual wrong: a square picture taken for granted
# message: You use the height of the picture for its width as well. Pictures need not be square: count the
#   places for rows and columns separately.
def conv2d_manual(x, k, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    n = (x.shape[0] - k.shape[0]) // stride + 1
    out = torch.zeros(n, n, dtype=x.dtype)
    for i in range(n):
        for j in range(n):
            i0, j0 = i * stride, j * stride
            out[i, j] = (x[i0 : i0 + k.shape[0], j0 : j0 + k.shape[1]] * k).sum()
    return out

# %% conv2d_manual wrong: the last place is left out
# message: Your result is one too small in both directions: the last row and the last column of places, where
#   the kernel touches the edge, are never visited. Where does `range` stop?
def conv2d_manual(x, k, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    h, w = k.shape
    return torch.stack([
        torch.stack([(x[i : i + h, j : j + w] * k).sum() for j in range(0, x.shape[1] - w, stride)])
        for i in range(0, x.shape[0] - h, stride)
    ])

# %% conv2d_manual wrong: a matrix product in place of products
# message: `@` multiplies matrices: rows with columns. A window and a kernel are multiplied number by number,
#   with `*`.
def conv2d_manual(x, k, stride=1, padding=0):
    x = F.pad(x, (padding, padding, padding, padding))
    h, w = k.shape
    return torch.stack([
        torch.stack([(x[i : i + h, j : j + w] @ k).sum() for j in range(0, x.shape[1] - w + 1, stride)])
        for i in range(0, x.shape[0] - h + 1, stride)
    ])

# %% conv2d_manual wrong: the window is multiplied in place
# message: A slice is no copy: `*=` on the window writes the products into the picture itself, and the next
#   window finds them there. Multiply into a new tensor.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding)) if padding else x
    h, w = k.shape
    rows = (padded.shape[0] - h) // stride + 1
    columns = (padded.shape[1] - w) // stride + 1
    out = torch.zeros(rows, columns, dtype=x.dtype)
    for i in range(rows):
        for j in range(columns):
            window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
            window *= k
            out[i, j] = window.sum()
    return out

# %% conv2d_manual wrong: four axes come back
# message: The numbers are right, but your result has four axes. Two-dimensional tensors come in, and a
#   two-dimensional one is to come out.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3))[None, None]

# %% conv2d_manual wrong: the mean of the products
# message: You take the mean of the products. A convolution adds them up.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return ((windows * k).sum(dim=(2, 3)) / k.numel()).to(x.dtype)

# %% conv2d_multi right: windows and einsum
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w) + b[None, :, None, None]

# %% conv2d_multi right: loops over places, all kernels at once
def conv2d_multi(x, w, b):
    rows, columns = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    lines = []
    for i in range(rows):
        line = []
        for j in range(columns):
            window = x[:, None, :, i : i + w.shape[2], j : j + w.shape[3]]
            line.append((window * w[None]).sum(dim=(2, 3, 4)) + b)
        lines.append(torch.stack(line, dim=-1))
    return torch.stack(lines, dim=-2)

# %% conv2d_multi right: one matrix product with F.unfold
def conv2d_multi(x, w, b):
    columns = F.unfold(x, w.shape[2:])
    out = w.flatten(1) @ columns + b[:, None]
    return out.reshape(len(x), len(w), x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1)

# %% conv2d_multi right: one channel at a time with conv2d_manual
def conv2d_multi(x, w, b):
    def one(picture, kernel):
        return sum(conv2d_manual(channel, k) for channel, k in zip(picture, kernel))

    return torch.stack([
        torch.stack([one(picture, kernel) + bias for kernel, bias in zip(w, b)]) for picture in x
    ])

# %% conv2d_multi wrong: bias on the last axis
# message: You added the bias to the last axis: every column of pixels got a number of its own. A bias belongs
#   to an output channel, axis 1. When there happen to be as many columns as channels, nothing complains.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w) + b

# %% conv2d_multi wrong: mean over the channels
# message: You average over the input channels. A convolution sums them: every channel of the kernel adds its
#   products.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w) / x.shape[1] + b.reshape(1, -1, 1, 1)

# %% conv2d_multi wrong: the gradient is cut off
# message: The numbers are right, but no gradient reaches `w`: somewhere you step out of the graph, with
#   `.data`, `.detach()`, `.item()` or a new tensor made of numbers. A network could not learn from this.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w.data) + b.reshape(1, -1, 1, 1)

# %% conv2d_multi wrong: all gradients are cut off
# message: The numbers are right, but the result is cut off from the graph altogether, so neither `w` nor `b`
#   can learn. Writing numbers with `.item()` into a new tensor, or `torch.no_grad()`, does that.
def conv2d_multi(x, w, b):
    with torch.no_grad():
        windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
        return torch.einsum("ncijhw,ochw->noij", windows, w) + b.reshape(1, -1, 1, 1)

# %% conv2d_multi wrong: no gradient for the bias
# message: The numbers are right and `w` gets its gradient, but `b` gets none: `.item()`, `.data` and
#   `float()` hand out the bias without the way back.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w) + b.data.reshape(1, -1, 1, 1)

# %% conv2d_multi wrong: a result of float32
# message: Your result is float32 whatever came in. It has to have the dtype of the arguments; `torch.zeros`
#   makes float32 unless it is told otherwise.
def conv2d_multi(x, w, b):
    rows, columns = x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1
    out = torch.zeros(len(x), len(w), rows, columns)
    for i in range(rows):
        for j in range(columns):
            window = x[:, :, i : i + w.shape[2], j : j + w.shape[3]]
            out[:, :, i, j] = torch.einsum("nchw,ochw->no", window, w) + b
    return out

# %% conv2d_multi wrong: square kernels taken for granted
# message: You use the height of the kernels for their width as well. Kernels need not be square: take both
#   numbers from `w.shape`.
def conv2d_multi(x, w, b):
    side = w.shape[2]
    rows, columns = x.shape[2] - side + 1, x.shape[3] - side + 1
    out = torch.zeros(len(x), len(w), rows, columns, dtype=x.dtype)
    for n in range(len(x)):
        for o in range(len(w)):
            for i in range(rows):
                for j in range(columns):
                    out[n, o, i, j] = (x[n, :, i : i + side, j : j + side] * w[o]).sum() + b[o]
    return out

# %% conv2d_multi wrong: square pictures taken for granted
# message: You use the height of the pictures for their width as well. Pictures need not be square: count the
#   places for rows and columns separately.
def conv2d_multi(x, w, b):
    places = x.shape[2] - w.shape[2] + 1
    out = torch.zeros(len(x), len(w), places, places, dtype=x.dtype)
    for n in range(len(x)):
        for o in range(len(w)):
            for i in range(places):
                for j in range(places):
                    window = x[n, :, i : i + w.shape[2], j : j + w.shape[3]]
                    out[n, o, i, j] = (window * w[o]).sum() + b[o]
    return out

# %% conv2d_multi wrong: the bias is forgotten
# message: The bias is missing: each output channel has a number of its own to add.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w)

# %% conv2d_multi wrong: only the first channel
# message: You look at the first channel only. The window covers all input channels, and all their products
#   are added up.
def conv2d_multi(x, w, b):
    windows = x[:, :1].unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w[:, :1]) + b.reshape(1, -1, 1, 1)

# %% conv2d_multi wrong: only the first picture
# message: Your batch always has one picture: the others were lost. How large is the first axis of `x`?
def conv2d_multi(x, w, b):
    windows = x[:1].unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w) + b.reshape(1, -1, 1, 1)

# %% conv2d_multi wrong: the bias once for each input channel
# message: Your bias is added once for every input channel. It belongs to the finished sum, once.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    each = torch.einsum("ncijhw,ochw->ncoij", windows, w) + b.reshape(1, 1, -1, 1, 1)
    return each.sum(dim=1)

# %% conv2d_multi wrong: torch does the work
# message: The numbers are right, but torch computed them. Here the convolution is yours to write.
def conv2d_multi(x, w, b):
    return F.conv2d(x, w, b)

# %% conv2d_multi wrong: the output channels come last
# message: Your result has the axes (N, rows, columns, O). The channels come second: (N, O, rows, columns).
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->nijo", windows, w) + b

# %% conv2d_multi wrong: the kernels turned by half a turn
# message: You turn the kernels before you lay them down. That is the textbook's convolution; here they lie
#   as they stand.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w.flip(2, 3)) + b.reshape(1, -1, 1, 1)

# %% conv2d_multi wrong: bias on the rows
# message: You added the bias along the rows: every row of pixels got a number of its own. A bias belongs to
#   an output channel, axis 1. When there happen to be as many rows as channels, nothing complains.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w) + b[:, None]

# %% conv2d_multi wrong: the first channel for every channel
# message: You lay the first channel of each kernel on all the picture's. Each of the picture's channels has its own.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ohw->noij", windows, w[:, 0]) + b.reshape(1, -1, 1, 1)

# %% sobel_x right: groups
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c)

# %% sobel_x right: channels folded into the batch
def sobel_x(img):
    n, c, h, w = img.shape
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])[None, None]
    return F.conv2d(img.reshape(n * c, 1, h, w), k, padding="same").reshape(n, c, h, w)

# %% sobel_x right: differences of shifted pictures
def sobel_x(img):
    p = F.pad(img, (1, 1, 1, 1))
    across = p[..., 2:] - p[..., :-2]
    return across[..., :-2, :] + 2 * across[..., 1:-1, :] + across[..., 2:, :]

# %% sobel_x right: a layer without gradient
def sobel_x(img):
    c = img.size(1)
    layer = nn.Conv2d(c, c, 3, padding=1, groups=c, bias=False)
    with torch.no_grad():
        layer.weight[:] = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
        return layer(img)

# %% sobel_x wrong: channels are mixed
# message: Each of your output channels is the sum over *all* channels of the picture. They are to be kept
#   apart: one kernel for each channel, and one argument of `F.conv2d` more.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, c, 3, 3)
    return F.conv2d(img, k, padding=1)

# %% sobel_x wrong: Sobel-y
# message: Your kernel finds horizontal edges: its rows and columns are exchanged. Sobel-x subtracts what is
#   left from what is right.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c)

# %% sobel_x wrong: the sign is turned
# message: All your signs are turned: bright is dark and dark is bright. Lay the kernel on as it is printed;
#   `conv2d` does not turn it.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c)

# %% sobel_x wrong: a kernel of whole numbers
# message: Your kernel holds whole numbers, `int64`, and the picture float32: `conv2d` refuses to multiply two
#   kinds of numbers. One decimal point in the kernel is enough.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c)

# %% sobel_x wrong: groups, but one kernel
# message: `groups` keeps the channels apart, but there is only one kernel, and every channel needs its own.
def sobel_x(img):
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])[None, None]
    return F.conv2d(img, k, padding=1, groups=img.shape[1])

# %% sobel_x wrong: kernels of one channel without groups
# message: There is a kernel of one channel for each of the picture's, but without one argument more `conv2d` wants to
#   lay every kernel on all the channels. A cell above the exercise met the same error.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1)

# %% sobel_x wrong: three channels taken for granted
# message: Your kernel has three channels, so it takes colour pictures only. The number of channels is in the
#   shape of the picture.
def sobel_x(img):
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(3, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=3)

# %% sobel_x wrong: no border
# message: Your result is two pixels smaller in both directions: without a border, the kernel does not fit
#   over the edge pixels.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, groups=c)

# %% sobel_x wrong: a border that repeats the edge
# message: Inside, your picture is right; at its border you repeat the edge pixels, where the statement asks
#   for zeros.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(F.pad(img, (1, 1, 1, 1), mode="replicate"), k, groups=c)

# %% sobel_x wrong: the strength of the edges
# message: You return how strong an edge is, without its sign. Sobel-x is negative where the picture gets
#   darker to the right.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c).abs()

# %% sobel_x wrong: one channel comes out
# message: Your result has one channel, the sum over all channels of the picture. As many channels as come in
#   are to come out, each by itself.
def sobel_x(img):
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(1, img.shape[1], 3, 3)
    return F.conv2d(img, k, padding=1)

# %% sobel_x wrong: the twos are missing
# message: Your middle row is as light as the other two. That kernel is called Prewitt; Sobel-x has a -2 and
#   a 2 in the middle.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c)

# %% sobel_x wrong: divided by eight
# message: You divide by 8, as some libraries do to keep the numbers small. The kernel is to be laid down as
#   it is printed.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3) / 8
    return F.conv2d(img, k, padding=1, groups=c)

# %% safe_conv right: float first, then index
def safe_conv(x, k, **kw):
    return F.conv2d(x.float()[None, None], k.float()[None, None], **kw)[0, 0]

# %% safe_conv right: squeeze two named axes
def safe_conv(x, k, **kw):
    x = x.to(torch.float32).unsqueeze(0).unsqueeze(0)
    k = k.to(torch.float32).unsqueeze(0).unsqueeze(0)
    return F.conv2d(x, k, **kw).squeeze(0).squeeze(0)

# %% safe_conv right: an unbatched picture
def safe_conv(x, k, **kw):
    out = F.conv2d(x[None].type(torch.float), k[None, None].type(torch.float), **kw)
    return out.reshape(out.shape[1:])

# %% safe_conv wrong: nothing repaired
# message: Here you get what `hasty_conv` gets, so one of its bugs at least is still at work. Look at the bytes,
#   at what stands behind the point in the kernel, and at results that are one pixel high or wide.
def safe_conv(x, k, **kw):
    k = k.to(x.dtype)
    result = F.conv2d(x[None, None], k[None, None], **kw)
    return result.squeeze().float()

# %% safe_conv wrong: only the picture is converted
# message: You convert the picture, but not the kernel, and torch refuses to multiply two kinds of numbers.
#   Both have to be float32.
def safe_conv(x, k, **kw):
    return F.conv2d(x.float()[None, None], k[None, None], **kw)[0, 0]

# %% safe_conv wrong: only the kernel is converted
# message: You convert the kernel, but not the picture, and torch refuses to multiply two kinds of numbers.
#   Both have to be float32.
def safe_conv(x, k, **kw):
    return F.conv2d(x[None, None], k.float()[None, None], **kw)[0, 0]

# %% safe_conv wrong: converted too late
# message: You convert the result. By then the bytes have already overflowed: 1800 has become 8, and 8.0 is no
#   better. Convert before anything is computed.
def safe_conv(x, k, **kw):
    return F.conv2d(x[None, None], k[None, None], **kw)[0, 0].float()

# %% safe_conv wrong: every axis of size 1 is squeezed away
# message: The numbers are right, but when the result is one pixel high or wide, `squeeze()` takes that axis
#   away as well. Take away the two axes that you added, and no others.
def safe_conv(x, k, **kw):
    return F.conv2d(x.float()[None, None], k.float()[None, None], **kw).squeeze()

# %% safe_conv wrong: the added axes stay
# message: Your result still has four axes. The statement asks for the picture alone, (rows, columns).
def safe_conv(x, k, **kw):
    return F.conv2d(x.float()[None, None], k.float()[None, None], **kw)

# %% safe_conv wrong: keyword arguments dropped
# message: `stride`, `padding` and `dilation` do not reach `F.conv2d`: the keyword arguments are not passed on.
def safe_conv(x, k, **kw):
    return F.conv2d(x.float()[None, None], k.float()[None, None])[0, 0]

# %% safe_conv wrong: the kernel takes the picture's dtype
# message: You give the kernel the dtype of the picture. With a picture of whole numbers that cuts off
#   everything behind the point in the kernel.
def safe_conv(x, k, **kw):
    return F.conv2d(x[None, None], k.to(x.dtype)[None, None], **kw)[0, 0].float()

# %% safe_conv wrong: the kernel is cut to the picture's dtype first
# message: Everything is computed in float32, but the kernel went through the dtype of the picture before:
#   what that has no room for was lost on the way.
def safe_conv(x, k, **kw):
    k = k.to(x.dtype)
    return F.conv2d(x.float()[None, None], k.float()[None, None], **kw)[0, 0]

# %% safe_conv wrong: the picture takes the kernel's dtype
# message: You give the picture the dtype of the kernel. With a kernel of bytes the sums overflow as before,
#   and a kernel of whole numbers cuts off what stands behind the point in the picture.
def safe_conv(x, k, **kw):
    return F.conv2d(x.to(k.dtype)[None, None], k[None, None], **kw)[0, 0].float()

# %% safe_conv wrong: the wider of the two dtypes
# message: The wider of two dtypes is not always wide enough: bytes with bytes stay bytes and overflow, and
#   yes-or-no with yes-or-no cannot be convolved at all. The statement names the dtype to compute in.
def safe_conv(x, k, **kw):
    both = torch.promote_types(x.dtype, k.dtype)
    return F.conv2d(x.to(both)[None, None], k.to(both)[None, None], **kw)[0, 0].float()

# %% safe_conv wrong: one axis stays
# message: Your result still has one axis too many. You added two, a batch and a channel: both have to go.
def safe_conv(x, k, **kw):
    return F.conv2d(x.float()[None, None], k.float()[None, None], **kw)[0]

# %% safe_conv wrong: double precision
# message: You compute in float64. The numbers are right, but the result has to be float32.
def safe_conv(x, k, **kw):
    return F.conv2d(x.double()[None, None], k.double()[None, None], **kw)[0, 0]

# %% safe_conv wrong: everything becomes whole numbers
# message: You compute in int64. There is room for 1800 in it, but not for anything behind the point.
def safe_conv(x, k, **kw):
    return F.conv2d(x.long()[None, None], k.long()[None, None], **kw)[0, 0].float()

# %% safe_conv wrong: bytes are scaled to the range from 0 to 1
# message: You divide bytes by 255, as ToTensor does. Nobody asked for that here: the result is to be that of
#   the numbers as they came.
def safe_conv(x, k, **kw):
    picture = x.float() / 255 if x.dtype == torch.uint8 else x.float()
    return F.conv2d(picture[None, None], k.float()[None, None], **kw)[0, 0]

# %% safe_conv wrong: the axes are added in place
# message: What you return is right, but `x` and `k` of whoever called you have four axes now: a method whose
#   name ends in `_` changes the tensor itself.
def safe_conv(x, k, **kw):
    x.unsqueeze_(0).unsqueeze_(0)
    k.unsqueeze_(0).unsqueeze_(0)
    return F.conv2d(x.float(), k.float(), **kw)[0, 0]

# %% to_nchw wrong: rows or columns of one pixel are lost
# message: Where your picture is one pixel high or wide, that axis is missing in the result, or stands at another
#   place. An axis of size 1 is an axis like any other.
def to_nchw(a):
    flat = a.squeeze()
    while flat.dim() < 4:
        flat = flat[None]
    return flat.to(torch.float32)

# %% to_nchw wrong: the picture is changed
# message: What you return is right, but the picture of whoever called you is another one now.
def to_nchw(a):
    result = a[None, None].to(torch.float32).clone()
    a.zero_()
    return result

# %% to_nchw wrong: through half precision
# message: Your numbers are near the right ones: three or four digits of each are left. On the way something had room
#   for no more, as `float16` has.
def to_nchw(a):
    return a.half()[None, None].float()

# %% to_nchw wrong: only whole numbers are converted
# message: With whole numbers your result is float32, with other kinds of numbers it is not. The statement asks for
#   float32 whatever comes in.
def to_nchw(a):
    if a.dtype == torch.int64:
        a = a.float()
    return a[None, None]

# %% conv_out_size wrong: the step between two borders
# message: With a border *and* a longer step your number is wrong; each by itself is right. The border is there before
#   the first step is made: it belongs to what is divided.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    reach = dilation * (k - 1) + 1
    return (n - reach) // stride + 1 + 2 * padding

# %% conv_out_size wrong: the border is spread too
# message: With dilation *and* a border your number is wrong; each by itself is right. Dilation spreads the kernel, not
#   the border.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return (n + 2 * padding * dilation - dilation * (k - 1) - 1) // stride + 1

# %% conv_out_size wrong: a seed is set
# message: Your numbers are right, but you set a random seed, and with it everybody's random numbers from then on.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    torch.manual_seed(0)
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1

# %% conv_out_size wrong: a tensor
# message: Your numbers are right, but they are tensors. The statement asks for a Python `int`.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return torch.tensor((n + 2 * padding - dilation * (k - 1) - 1) // stride + 1)

# %% conv_out_size wrong: padding ignored
# message: You never use `padding`. A border on both sides makes the side longer before the kernel walks along it.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return (n - dilation * (k - 1) - 1) // stride + 1

# %% conv2d_manual wrong: with a border the step is one
# message: A longer step is right without a border, and a border is right with a step of one. Both together are not.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    step = 1 if padding else stride
    windows = padded.unfold(0, k.shape[0], step).unfold(1, k.shape[1], step)
    return (windows * k).sum(dim=(2, 3), dtype=x.dtype)

# %% conv2d_manual wrong: the stride for rows only
# message: Your kernel moves down by `stride`, but to the right by one pixel. The statement asks for the same step in
#   both directions.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], 1)
    return (windows * k).sum(dim=(2, 3), dtype=x.dtype)

# %% conv2d_manual wrong: narrow whole numbers become int64
# message: Your numbers are right, but bytes and `int32` come out as `int64`: `sum` makes that of every kind of whole
#   number unless it is told otherwise. The result has to have the dtype of `x`.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3))

# %% conv2d_manual wrong: computed in float32
# message: Your results have the right dtype, but numbers with many digits have lost some: on the way they were
#   `float32`, which keeps seven. Compute in the dtype of `x`.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x.float(), (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k.float()).sum(dim=(2, 3)).to(x.dtype)

# %% conv2d_manual wrong: axes of size 1 are lost
# message: Where your result is one pixel high or wide, that axis is missing. A result always has two axes.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3), dtype=x.dtype).squeeze()

# %% conv2d_manual wrong: a column comes back as a row
# message: Where your result is one pixel wide, it comes back as a row.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return torch.atleast_2d((windows * k).sum(dim=(2, 3), dtype=x.dtype).squeeze())

# %% conv2d_manual wrong: the picture is changed
# message: Your result is right, but the picture of whoever called you is another one now.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding)).clone()
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    x.zero_()
    return (windows * k).sum(dim=(2, 3), dtype=x.dtype)

# %% conv2d_multi wrong: axes of size 1 are lost
# message: Where there is one picture, one kernel, or one row or column of results, that axis is missing. The result
#   always has four axes.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return (torch.einsum("ncijhw,ochw->noij", windows, w) + b[:, None, None]).squeeze()

# %% conv2d_multi wrong: only the first picture when there is one channel
# message: With pictures of one channel only the first of them is filtered. N and C are two axes: neither tells about
#   the other.
def conv2d_multi(x, w, b):
    x = x[:1] if x.shape[1] == 1 else x
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w) + b[:, None, None]

# %% conv2d_multi wrong: the bias is changed
# message: Your result is right, but the bias of whoever called you is another one now.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    result = torch.einsum("ncijhw,ochw->noij", windows, w) + b.clone()[:, None, None]
    b.data.zero_()
    return result

# %% conv2d_multi wrong: no gradient for the pictures
# message: Gradients reach the kernels and the bias, but not the pictures: something on the way from `x` cuts them off.
def conv2d_multi(x, w, b):
    windows = x.detach().unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w) + b[:, None, None]

# %% sobel_x wrong: channels run in a circle
# message: Each channel is filtered, but they come out in another order than they came in.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c).roll(1, dims=1)

# %% sobel_x wrong: axes of size 1 are lost
# message: Where there is one picture, one channel, or one row or column of pixels, that axis is missing in your
#   result. It has to have the shape of `img`.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c).squeeze()

# %% sobel_x wrong: narrow pictures are left out
# message: Pictures that are narrower or lower than the kernel come out as zeros. The border of zeros makes room for
#   it: there is an answer for them too.
def sobel_x(img):
    if min(img.shape[2:]) < 3:
        return torch.zeros_like(img)
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c)

# %% sobel_x wrong: the picture is changed
# message: Your result is right, but the picture of whoever called you is another one now.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    result = F.conv2d(img, k, padding=1, groups=c)
    img.copy_(result)
    return result

# %% safe_conv wrong: gradients are switched off
# message: Your result is right, but you left gradients switched off for everything that comes after it.
def safe_conv(x, k, **kw):
    torch.set_grad_enabled(False)
    return F.conv2d(x.float()[None, None], k.float()[None, None], **kw)[0, 0]

# %% safe_conv wrong: a column comes back as a row
# message: Where your result is one pixel wide, it comes back as a row. Take away exactly the two axes that you added.
def safe_conv(x, k, **kw):
    return torch.atleast_2d(F.conv2d(x.float()[None, None], k.float()[None, None], **kw).squeeze())

# %% safe_conv wrong: only the stride goes on
# message: `stride` reaches `F.conv2d`, but `padding` and `dilation` do not. `**kw` passes on whatever was given.
def safe_conv(x, k, **kw):
    stride = kw.get("stride", 1)
    return F.conv2d(x.float()[None, None], k.float()[None, None], stride=stride)[0, 0]

# %% to_nchw wrong: negative numbers become zero
# message: Where a negative number came in, 0 comes out. Nothing but the shape and the type is to change.
def to_nchw(a):
    return a[None, None].float().clamp(min=0)

# %% to_nchw wrong: the signs are lost
# message: Negative numbers come out positive. Nothing but the shape and the type is to change.
def to_nchw(a):
    return a[None, None].float().abs()

# %% to_nchw wrong: through a narrow kind of whole numbers
# message: Large whole numbers come out as others: on the way they went through a kind of number that has no room for
#   them. `torch.float32` is the only kind that is needed.
def to_nchw(a):
    if not a.is_floating_point():
        a = a.to(torch.int32)
    return a[None, None].float()

# %% to_nchw wrong: other precisions stay
# message: Pictures of `float64`, `float16` or `bfloat16` come back as they came. `torch.float32` is one kind of
#   number, not every kind that has a point.
def to_nchw(a):
    return (a if a.is_floating_point() else a.float())[None, None]

# %% to_nchw wrong: through numpy
# message: With a picture of `bfloat16` your code fails: numpy has no such numbers. A tensor's own methods convert
#   every kind.
def to_nchw(a):
    return torch.from_numpy(a.numpy().astype("float32"))[None, None]

# %% to_nchw wrong: upside down
# message: Your picture stands on its head: the last row comes first.
def to_nchw(a):
    return a.flip(0)[None, None].float()

# %% to_nchw wrong: three channels
# message: Your result has the picture three times, as a colour picture would. A grey picture has one channel.
def to_nchw(a):
    return a.float().repeat(1, 3, 1, 1)

# %% to_nchw wrong: another default dtype
# message: What you return is right, but you left another default dtype: whoever makes a tensor after you gets another
#   kind of numbers.
def to_nchw(a):
    torch.set_default_dtype(torch.float64)
    return a[None, None].to(torch.float32)

# %% to_nchw right: an empty batch is filled
def to_nchw(a):
    result = torch.empty(1, 1, *a.shape)
    result[0, 0] = a
    return result

# %% to_nchw right: a list in lists
def to_nchw(a):
    return torch.tensor([[a.tolist()]], dtype=torch.float32)

# %% conv_out_size right: walking
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    places, start = 0, -padding
    while start + dilation * (k - 1) < n + padding:
        places += 1
        start += stride
    return places

# %% conv_out_size wrong: the arguments in another order
# message: By name your arguments are right, but they stand in another order than in the statement: `stride` comes
#   third, `padding` fourth.
def conv_out_size(n, k, padding=0, stride=1, dilation=1):
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1

# %% conv_out_size wrong: a step as long as the kernel
# message: Where no stride is given you step by something else than one pixel: `stride=1` is what its absence means.
def conv_out_size(n, k, stride=None, padding=0, dilation=1):
    stride = stride or k
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1

# %% conv_out_size wrong: a border keeps the size
# message: With a border your result is as large as the picture, whatever the border and the kernel. It is only for one
#   pair of them.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    if padding:
        return n
    return (n - dilation * (k - 1) - 1) // stride + 1

# %% conv_out_size wrong: larger kernels do not fit
# message: Where the kernel is larger than the side you find no place. It may fit all the same: the border belongs to
#   what it walks along.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    if k > n:
        return 0
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1

# %% conv_out_size wrong: dilation is dropped with a longer step
# message: Dilation is right with steps of one pixel. With a longer step *and* dilation your number is wrong: the spread
#   kernel reaches as far as before, however long the step.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    reach = dilation * (k - 1) + 1 if stride == 1 else k
    return (n + 2 * padding - reach) // stride + 1

# %% conv2d_manual right: in Python's numbers
def conv2d_manual(x, k, stride=1, padding=0):
    height, width = x.shape
    h, w = k.shape
    xs, ks = x.tolist(), k.tolist()

    def pixel(r, c):
        return xs[r][c] if 0 <= r < height and 0 <= c < width else 0

    return torch.tensor(
        [
            [
                sum(pixel(r + i, c + j) * ks[i][j] for i in range(h) for j in range(w))
                for c in range(-padding, width + padding - w + 1, stride)
            ]
            for r in range(-padding, height + padding - h + 1, stride)
        ],
        dtype=x.dtype,
    )

# %% conv2d_manual wrong: whole numbers in double precision
# message: Whole numbers of more than fifteen digits come out changed: on the way they were `float64`, which has no room
#   for all of them. Compute in the dtype of `x`.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x.double(), (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k.double()).sum(dim=(2, 3)).to(x.dtype)

# %% conv2d_manual wrong: larger kernels are refused
# message: A kernel that is larger than the picture makes your code fail, though with its border the picture is large
#   enough.
def conv2d_manual(x, k, stride=1, padding=0):
    if k.shape[0] > x.shape[0] or k.shape[1] > x.shape[1]:
        raise ValueError("the kernel does not fit")
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3), dtype=x.dtype)

# %% conv2d_manual wrong: the border around the result
# message: Your border of zeros stands around the result. It belongs around the picture, before the kernel is laid down.
def conv2d_manual(x, k, stride=1, padding=0):
    windows = x.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return F.pad((windows * k).sum(dim=(2, 3), dtype=x.dtype), (padding, padding, padding, padding))

# %% conv2d_manual wrong: kernels that hang over the edge
# message: With a longer step your result is sometimes too large: you count a last step for which there is no room.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    h, w = k.shape
    rows = -(-(padded.shape[0] - h) // stride) + 1
    columns = -(-(padded.shape[1] - w) // stride) + 1
    out = torch.zeros(rows, columns, dtype=x.dtype)
    for i in range(rows):
        for j in range(columns):
            window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
            out[i, j] = (window * k[: window.shape[0], : window.shape[1]]).sum()
    return out

# %% conv2d_manual wrong: rows and columns of the result exchanged
# message: Your result lies on its side: its rows are the columns of the right one.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3), dtype=x.dtype).T

# %% conv2d_multi right: one linear layer over columns
def conv2d_multi(x, w, b):
    columns = F.unfold(x, kernel_size=(w.shape[2], w.shape[3])).transpose(1, 2)
    out = F.linear(columns, w.reshape(w.shape[0], -1), b).transpose(1, 2)
    return out.unflatten(2, (x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1))

# %% conv2d_multi right: an empty result is filled place by place
def conv2d_multi(x, w, b):
    n, o, h, v = len(x), len(w), w.shape[2], w.shape[3]
    out = torch.zeros(n, o, x.shape[2] - h + 1, x.shape[3] - v + 1, dtype=x.dtype)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, None, :, i : i + h, j : j + v]
            out[:, :, i, j] = (window * w).sum(dim=(2, 3, 4)) + b
    return out

# %% conv2d_multi wrong: computed in float32
# message: Your result has the right dtype, but only seven digits of it are right: on the way it was `float32`. Compute
#   in the dtype of the arguments.
def conv2d_multi(x, w, b):
    windows = x.float().unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return (torch.einsum("ncijhw,ochw->noij", windows, w.float()) + b.float()[:, None, None]).to(x.dtype)

# %% conv2d_multi wrong: the first kernel for all
# message: Your first kernel is laid down for every output channel. Each has a kernel of its own.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w[:1].expand_as(w)) + b[:, None, None]

# %% conv2d_multi wrong: the first bias for all
# message: Every output channel gets the first bias. Each has one of its own.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w) + b[0]

# %% conv2d_multi wrong: pictures and kernels in pairs
# message: With as many pictures as kernels each kernel is laid on one picture only. Every picture is to be filtered
#   with every kernel, whatever their numbers.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    if len(x) == len(w) > 1:
        return torch.einsum("ncijhw,nchw->nij", windows, w)[:, None].expand(-1, len(w), -1, -1) + b[:, None, None]
    return torch.einsum("ncijhw,ochw->noij", windows, w) + b[:, None, None]

# %% conv2d_multi wrong: a border of zeros
# message: You put a border around the pictures. Nobody asked for one here: the result is smaller than the picture.
def conv2d_multi(x, w, b):
    windows = F.pad(x, (1, 1, 1, 1)).unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w) + b[:, None, None]

# %% conv2d_multi wrong: pictures and channels exchanged in the result
# message: The first two axes of your result have changed places: it is (O, N, …), and (N, O, …) is asked for.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->onij", windows, w) + b[:, None, None, None]

# %% sobel_x right: a product of two vectors, channel by channel
def sobel_x(img):
    kernel = torch.outer(torch.tensor([1.0, 2.0, 1.0]), torch.tensor([-1.0, 0.0, 1.0]))[None, None]
    return torch.cat([F.conv2d(channel, kernel, padding=1) for channel in img.split(1, dim=1)], dim=1)

# %% sobel_x right: zeros where channels must not meet
def sobel_x(img):
    c = img.shape[1]
    weight = torch.zeros(c, c, 3, 3)
    for i in range(c):
        weight[i, i] = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    return F.conv2d(img, weight, padding=1)

# %% sobel_x wrong: pictures and channels are mixed up
# message: With several pictures of several channels the results land in wrong places: pictures and channels have
#   changed places on the way to one axis or back.
def sobel_x(img):
    n, c, h, w = img.shape
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])[None, None]
    return F.conv2d(img.transpose(0, 1).reshape(n * c, 1, h, w), k, padding=1).reshape(n, c, h, w)

# %% sobel_x wrong: only the first picture
# message: Of several pictures only the first comes back.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img[:1], k, padding=1, groups=c)

# %% sobel_x wrong: negative numbers become zero
# message: Where a negative number belongs you have 0. Sobel-x is negative where the picture gets darker to the right.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c).clamp(min=0)

# %% sobel_x wrong: the border comes after the kernel
# message: The pixels along the border are all 0 in your result. The border of zeros belongs around the picture, before
#   it is filtered.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.pad(F.conv2d(img, k, groups=c), (1, 1, 1, 1))

# %% sobel_x wrong: one or three channels
# message: Grey pictures are right, and three channels are; with another number of them your code fails. Take the number
#   from the shape of `img`.
def sobel_x(img):
    c = 1 if img.shape[1] == 1 else 3
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c)

# %% sobel_x wrong: in half precision
# message: Your numbers are near the right ones: three digits of each are left. On the way something had room for no
#   more, as `float16` has.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img.half(), k.half(), padding=1, groups=c).float()

# %% sobel_x wrong: the mean of the channels
# message: All channels of your result are the same: what they have in common was filtered. Each is to be filtered by
#   itself.
def sobel_x(img):
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])[None, None]
    return F.conv2d(img.mean(dim=1, keepdim=True), k, padding=1).expand_as(img)

# %% safe_conv right: a layer filled with the kernel
def safe_conv(x, k, **kw):
    layer = nn.Conv2d(1, 1, tuple(k.shape), bias=False, **kw)
    with torch.no_grad():
        layer.weight.copy_(k)
        return layer(x.float()[None, None]).squeeze((0, 1))

# %% safe_conv right: unpacked
def safe_conv(x, k, **kw):
    ((result,),) = F.conv2d(*(t.type(torch.float32).reshape(1, 1, *t.shape) for t in (x, k)), **kw)
    return result

# %% safe_conv wrong: only bytes are converted
# message: Bytes are right now. Other kinds of numbers are not: with a picture of them the kernel still takes the
#   picture's dtype, or nothing can be computed at all.
def safe_conv(x, k, **kw):
    if x.dtype == torch.uint8:
        x = x.float()
    return F.conv2d(x[None, None], k.to(x.dtype)[None, None], **kw)[0, 0].float()

# %% safe_conv wrong: back to the dtype of the picture
# message: Your result has the dtype of the picture. It is asked for in float32, whatever came in.
def safe_conv(x, k, **kw):
    return F.conv2d(x.float()[None, None], k.float()[None, None], **kw)[0, 0].to(x.dtype)

# %% safe_conv wrong: double precision stays
# message: With a picture or a kernel of float64 your result is float64. It is asked for in float32, whatever came in.
def safe_conv(x, k, **kw):
    kind = torch.float64 if torch.float64 in (x.dtype, k.dtype) else torch.float32
    return F.conv2d(x.to(kind)[None, None], k.to(kind)[None, None], **kw)[0, 0]

# %% safe_conv wrong: numbers for padding only
# message: A border given as a word makes your code fail. `F.conv2d` knows the words: hand on what you were given.
def safe_conv(x, k, stride=1, padding=0, dilation=1):
    above, beside = padding if isinstance(padding, tuple) else (padding, padding)
    x = F.pad(x.float(), (beside, beside, above, above))
    return F.conv2d(x[None, None], k.float()[None, None], stride=stride, dilation=dilation)[0, 0]

# %% safe_conv wrong: the first of a pair
# message: Where a pair is given for rows and columns you use one of its numbers for both.
def safe_conv(x, k, **kw):
    kw = {name: value[0] if isinstance(value, tuple) else value for name, value in kw.items()}
    return F.conv2d(x.float()[None, None], k.float()[None, None], **kw)[0, 0]

# %% safe_conv wrong: the kernel turned by half a turn
# message: You turn the kernel before you lay it down. The numbers are asked for that `F.conv2d` gives, and it does not
#   turn it.
def safe_conv(x, k, **kw):
    return F.conv2d(x.float()[None, None], k.float().flip(0, 1)[None, None], **kw)[0, 0]

# %% safe_conv wrong: through numpy
# message: With a kernel or a picture of `bfloat16` your code fails: numpy has no such numbers. A tensor's own methods
#   convert every kind.
def safe_conv(x, k, **kw):
    x, k = (torch.from_numpy(t.numpy().astype("float32"))[None, None] for t in (x, k))
    return F.conv2d(x, k, **kw)[0, 0]

# %% safe_conv wrong: half precision
# message: Your numbers are near the right ones: three digits of each are left, and large numbers are lost. On the way
#   something had room for no more, as `float16` has.
def safe_conv(x, k, **kw):
    return F.conv2d(x.half()[None, None], k.half()[None, None], **kw)[0, 0].float()

# %% to_nchw domain
def domain(answer, draw):
    return answer(draw.tensor(draw.size(), draw.size(), dtypes=(*draw.FLOATS, *draw.INTEGERS, torch.bool)))

# %% conv2d_multi domain
def domain(answer, draw):
    n, c, o = draw.size(3), draw.size(3), draw.size(3)
    w = draw.tensor(o, c, draw.size(3), draw.size(3), values=("normal", "zeros"))
    x = draw.tensor(n, c, draw.size(5, w.shape[2]), draw.size(5, w.shape[3]), dtypes=(w.dtype,), values=("normal", "few"))
    b = draw.tensor(o, dtypes=(w.dtype,))
    leaves = [t.clone().requires_grad_() for t in (x, w, b)]
    result = answer(*leaves)
    (result * torch.arange(1.0, 1 + result.numel(), dtype=x.dtype).reshape(result.shape)).sum().backward()
    return {"numbers": answer(x, w, b), "gradients": [leaf.grad for leaf in leaves]}

# %% sobel_x domain
def domain(answer, draw):
    return answer(draw.tensor(draw.size(3), draw.size(4), draw.size(5), draw.size(5), dtypes=(torch.float32,)))

# %% safe_conv wrong: halves stay halves
# message: Where the picture and the kernel are both of half precision, you compute in it. Both are to be float32 before
#   anything is computed.
def safe_conv(x, k, **kw):
    if not (x.dtype == k.dtype and x.is_floating_point()):
        x, k = x.float(), k.float()
    y = F.conv2d(x[None, None], k[None, None], **kw)
    return y[0, 0].float()

# %% safe_conv domain
def domain(answer, draw):
    kinds = (*draw.FLOATS, *draw.HALVES, *draw.INTEGERS, torch.bool)
    k = draw.tensor(draw.size(3), draw.size(3), dtypes=kinds, values=("normal", "few"))
    x = draw.tensor(draw.size(6, 5), draw.size(6, 5), dtypes=kinds, values=("normal", "few", "zeros"))
    kw = {"stride": draw.choice(1, 2, 3, (1, 2), (2, 1)), "dilation": draw.choice(1, 2, (1, 2), (2, 1))}
    if draw.flag(2 / 3):
        kw["padding"] = draw.choice(0, 1, (0, 1), (2, 0), "valid", *(["same"] if kw["stride"] == 1 else []))
    given = {name: value for name, value in kw.items() if draw.flag(0.7)}
    if given.get("padding") == "same":
        given["stride"] = 1
        k = k[: k.shape[0] - 1 + k.shape[0] % 2, : k.shape[1] - 1 + k.shape[1] % 2]  # an even side warns
    return answer(x, k, **given)

# %% conv_out_size domain
def domain(answer, draw):
    k, dilation = draw.size(4), draw.size(3)
    padding = draw.integer(0, 3)
    n = draw.size(12, least=max(1, dilation * (k - 1) + 1 - 2 * padding))
    return answer(n, k, stride=draw.size(4), padding=padding, dilation=dilation)

# %% conv2d_manual domain
def domain(answer, draw):
    x = draw.tensor(draw.size(6), draw.size(6), dtypes=(*draw.FLOATS, *draw.INTEGERS))
    padding = draw.integer(0, 2)
    h, w = (draw.size(min(3, side + 2 * padding)) for side in x.shape)
    k = draw.tensor(h, w, dtypes=(x.dtype,), values=("normal", "zeros", "few", "negative"))
    if not x.is_floating_point():
        x, k = x.clamp(-9, 9), k.clamp(-3, 3)  # no sum overflows
    return answer(x, k, stride=draw.size(3), padding=padding)

# %% to_nchw wrong: infinities are replaced
# message: Infinities and `nan` come out as other numbers. Nothing but the shape and the type is to change.
def to_nchw(a):
    return torch.nan_to_num(a[None, None].float())

# %% to_nchw wrong: some kinds of whole numbers stay
# message: Pictures of `int8`, `int16` and `int32` come back as they came. The result is to be float32 whatever comes in.
def to_nchw(a):
    if a.dtype in (torch.uint8, torch.int64, torch.bool) or a.is_floating_point():
        a = a.float()
    return a[None, None]

# %% conv_out_size wrong: a number of numpy's
# message: Your numbers are right, but they are numpy's. The statement asks for a Python `int`.
import numpy as np

def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    return np.floor_divide(n + 2 * padding - dilation * (k - 1) - 1, stride) + 1

# %% conv_out_size wrong: a kernel of one number is spread
# message: With dilation, a kernel of one number comes out wrong. It has no gaps: it reaches over one pixel, whatever the
#   dilation.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    reach = dilation * (k - 1) + 1 if k > 1 else dilation
    return (n + 2 * padding - reach) // stride + 1

# %% conv_out_size wrong: long sides are cut off
# message: With a long side you find too few places: somewhere you stop counting.
def conv_out_size(n, k, stride=1, padding=0, dilation=1):
    reach = dilation * (k - 1) + 1
    return sum(1 for place in range(16) if place * stride + reach <= n + 2 * padding)

# %% conv2d_manual wrong: the arguments in another order
# message: By name your arguments are right, but they stand in another order than in the statement: `stride` comes third,
#   `padding` fourth.
def conv2d_manual(x, k, padding=0, stride=1):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3), dtype=x.dtype)

# %% conv2d_manual wrong: numbers are held between two bounds
# message: Numbers beyond 255 are cut to it. A picture of floats may hold any number.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    result = (windows * k).sum(dim=(2, 3), dtype=x.dtype)
    return result.clamp(-255, 255) if x.dtype == torch.float32 else result

# %% conv2d_manual wrong: some kinds of whole numbers become int64
# message: Your numbers are right, but `int8` and `int16` come out as `int64`. The result has to have the dtype of `x`.
def conv2d_manual(x, k, stride=1, padding=0):
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    kind = torch.int64 if x.dtype in (torch.int8, torch.int16) else x.dtype
    return (windows * k).sum(dim=(2, 3), dtype=kind)

# %% conv2d_manual wrong: another default dtype
# message: Your numbers are right, but after a picture of `float64` you leave another default dtype: whoever makes a tensor
#   next gets another kind of numbers.
def conv2d_manual(x, k, stride=1, padding=0):
    if x.is_floating_point():
        torch.set_default_dtype(x.dtype)
    padded = F.pad(x, (padding, padding, padding, padding))
    windows = padded.unfold(0, k.shape[0], stride).unfold(1, k.shape[1], stride)
    return (windows * k).sum(dim=(2, 3), dtype=x.dtype)

# %% conv2d_multi wrong: gradients only where the pictures require one
# message: Where `w` or `b` requires a gradient and `x` does not, none arrives. A network's pictures seldom require one.
def conv2d_multi(x, w, b):
    with torch.set_grad_enabled(x.requires_grad and torch.is_grad_enabled()):
        windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
        return torch.einsum("ncijhw,ochw->noij", windows, w) + b[:, None, None]

# %% conv2d_multi wrong: gradients are switched on
# message: You switch gradients on, so your result requires one even under `torch.no_grad()`. Whoever calls decides that.
def conv2d_multi(x, w, b):
    with torch.enable_grad():
        windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
        return torch.einsum("ncijhw,ochw->noij", windows, w) + b[:, None, None]

# %% conv2d_multi wrong: kernels of one row are taken for square
# message: Kernels of one row are laid down as if they were one number wide. Height and width are two numbers.
def conv2d_multi(x, w, b):
    w = w if w.shape[2] > 1 else w[..., :1]
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return torch.einsum("ncijhw,ochw->noij", windows, w) + b[:, None, None]

# %% conv2d_multi wrong: numbers are held between two bounds
# message: Numbers beyond 255 are cut to it. A picture of floats may hold any number.
def conv2d_multi(x, w, b):
    windows = x.unfold(2, w.shape[2], 1).unfold(3, w.shape[3], 1)
    return (torch.einsum("ncijhw,ochw->noij", windows, w) + b[:, None, None]).clamp(-255, 255)

# %% sobel_x wrong: rounded to whole numbers
# message: Pictures of whole numbers are right. With others your numbers are the right ones rounded.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c).round()

# %% sobel_x wrong: numbers are held between two bounds
# message: Numbers beyond 255 are cut to it. The pictures are floats, and may hold any number.
def sobel_x(img):
    c = img.shape[1]
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    return F.conv2d(img, k, padding=1, groups=c).clamp(-255, 255)

# %% sobel_x wrong: one picture is always grey
# message: Of a single picture with several channels only the first is right. N and C are two axes: neither tells about
#   the other.
def sobel_x(img):
    n, c, _, _ = img.shape
    k = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(c, 1, 3, 3)
    result = F.conv2d(img, k, padding=1, groups=c)
    return result if n > 1 else torch.cat([result[:, :1], torch.zeros_like(result[:, 1:])], dim=1)

# %% safe_conv wrong: whole numbers in the kernel take the picture's dtype
# message: A kernel of whole numbers takes the dtype of the picture first. Bytes and `bool` have no room for every whole
#   number.
def safe_conv(x, k, **kw):
    if not k.is_floating_point():
        k = k.to(x.dtype)
    return F.conv2d(x.float()[None, None], k.float()[None, None], **kw)[0, 0]

# %% safe_conv wrong: through int32
# message: Very large whole numbers come out as others: on the way they went through a kind of number that has no room for
#   them.
def safe_conv(x, k, **kw):
    x, k = (t if t.is_floating_point() else t.to(torch.int32) for t in (x, k))
    return F.conv2d(x.float()[None, None], k.float()[None, None], **kw)[0, 0]

# %% safe_conv wrong: the width of the kernel for both sides
# message: With the word `"same"` you compute the border yourself, and it is not the right one for every kernel and every
#   dilation. `F.conv2d` knows the words: hand on what you were given.
def safe_conv(x, k, **kw):
    if kw.get("padding") == "same":
        kw["padding"] = (k.shape[0] // 2, k.shape[1] // 2)
    return F.conv2d(x.float()[None, None], k.float()[None, None], **kw)[0, 0]
