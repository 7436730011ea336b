"""Torch as a machine with other rounding would compute: the first cell of a attempt, as text.

IEEE 754 fixes what ``+ - * /`` and ``sqrt`` give; every machine gives the same. A sum's order and
an exponential's last bit are left open. :func:`change_rounding` changes the functions that are left
open, each time in the same way for the same values at the same places, as a machine does.
"""


def change_rounding(how: str) -> None:
    """``"last bit"``: inputs move to a neighbouring float; ``"float64"``: computed in double."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_map

    open_results = set(
        "mm addmm bmm baddbmm addmv mv dot addr addbmm convolution convolution_backward "
        "sum mean var std var_mean std_mean norm linalg_vector_norm logsumexp cumsum prod cumprod "
        "native_batch_norm _native_batch_norm_legit native_batch_norm_backward "
        "_native_batch_norm_legit_no_training batch_norm_backward _batch_norm_with_update "
        "native_layer_norm native_layer_norm_backward native_group_norm native_group_norm_backward "
        "_softmax _log_softmax _softmax_backward_data _log_softmax_backward_data "
        "exp exp2 expm1 log log2 log10 log1p pow rsqrt sin cos tan tanh sigmoid erf gelu silu elu "
        "softplus tanh_backward sigmoid_backward gelu_backward silu_backward elu_backward "
        "softplus_backward log_sigmoid_forward log_sigmoid_backward mish mish_backward "
        "avg_pool2d avg_pool2d_backward _adaptive_avg_pool2d _adaptive_avg_pool2d_backward "
        "max_pool2d_with_indices_backward nll_loss_forward nll_loss_backward mse_loss "
        "mse_loss_backward smooth_l1_loss huber_loss binary_cross_entropy "
        "binary_cross_entropy_with_logits addcmul addcdiv lerp index_add scatter_add "
        "upsample_bilinear2d upsample_bicubic2d _foreach_addcmul _foreach_addcdiv _foreach_lerp "
        "_foreach_norm linalg_inv_ex linalg_solve_ex _linalg_svd _fused_adam _fused_adamw".split()
    )
    # drawn by way of a logarithm and a cosine; uniform numbers and whole ones are exact everywhere
    draws = set("randn normal exponential log_normal cauchy randn_like".split())
    products = set(
        "mm addmm bmm baddbmm addmv mv dot addr convolution convolution_backward".split()
    )
    unmarked = {"running_mean", "running_var"}  # written to, though the schema does not say so

    def bits_of(tensor):
        return tensor.view(torch.int64 if tensor.dtype == torch.float64 else torch.int32)

    def moved(tensor, place: bool):
        """Each number, or its neighbour up or down; numbers with a short fraction stay."""
        if tensor.numel() == 0 or tensor.dtype not in (torch.float32, torch.float64):
            return tensor
        tensor = tensor.detach().contiguous().clone()
        flat = tensor.view(-1)
        bits = bits_of(flat).to(torch.int64)
        mixed = bits * 2654435761
        if place:
            mixed = mixed + torch.arange(flat.numel(), dtype=torch.int64) * 40503
        mixed = mixed ^ (mixed >> 15)
        step = (mixed * 2246822519 >> 13) % 3 - 1
        short = (bits & 0xFF) == 0  # 0.5, 3, 1000: what is made of these is exact everywhere
        fixed = short | ~torch.isfinite(flat)
        step = torch.where(fixed, torch.zeros_like(step), step)
        bits_of(flat).copy_(bits + step)
        return tensor

    class OtherRounding(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            kwargs = kwargs or {}
            name = func._schema.name.split("::")[1]
            base = name[:-1] if name.endswith("_") and not name.endswith("__") else name
            if base in draws:
                result = func(*args, **kwargs)
                if how == "last bit" and result.device.type == "cpu":
                    with torch.no_grad():
                        result.copy_(moved(result, place=False))
                return result
            if base in ("add", "sub") and kwargs.get("alpha", 1) == 1:
                return func(*args, **kwargs)
            if base not in open_results and base not in ("add", "sub"):
                return func(*args, **kwargs)
            tensors = []
            tree_map(
                lambda t: tensors.append(t) if isinstance(t, torch.Tensor) else None, (args, kwargs)
            )
            plain = all(t.device.type == "cpu" and t.layout == torch.strided for t in tensors)
            kinds = {t.dtype for t in tensors if t.is_floating_point()}
            if not plain or kinds - {torch.float32, torch.float64} or not kinds:
                return func(*args, **kwargs)
            if base in products and len({t.dtype for t in tensors}) > 1:
                return func(*args, **kwargs)  # it raises
            if kwargs.get("dtype") is not None or (how == "float64" and kinds != {torch.float32}):
                return func(*args, **kwargs)

            def other(value):
                if not isinstance(value, torch.Tensor) or not value.is_floating_point():
                    return value
                return value.double() if how == "float64" else moved(value, place=True)

            written = []
            before = {}
            changed = []
            for argument, value in zip(func._schema.arguments, args, strict=False):
                new = tree_map(other, value)
                changed.append(new)
                marked = argument.alias_info is not None and argument.alias_info.is_write
                if marked or argument.name in unmarked:
                    written.append((value, new))
                if argument.name in unmarked and isinstance(new, torch.Tensor):
                    before[id(new)] = new.clone()  # in eval mode it is read only
            named = {}
            for key, value in kwargs.items():
                named[key] = tree_map(other, value)
                known = [a for a in func._schema.arguments if a.name == key]
                if known and known[0].alias_info is not None and known[0].alias_info.is_write:
                    written.append((value, named[key]))
            result = func(*changed, **named)
            given = {}
            for value, new in written:
                several = isinstance(value, list | tuple)
                for old, made in zip(value, new, strict=True) if several else [(value, new)]:
                    if isinstance(old, torch.Tensor):
                        if id(made) in before and torch.equal(made, before[id(made)]):
                            continue
                        old.copy_(made)
                        given[id(made)] = old

            def back(value):
                if not isinstance(value, torch.Tensor):
                    return value
                if id(value) in given:
                    return given[id(value)]
                if how == "float64" and value.dtype == torch.float64:
                    return value.to(torch.float32)
                return value

            return tree_map(back, result)

    OtherRounding().__enter__()
