"""artcli's own plugins: a folder for each kind, a module for each component.

They come in through the entry point `artcli`, as anyone's do. The targets are names, so that
listing them imports nothing; a component's module is imported when it is used.
"""

from __future__ import annotations

from collections.abc import Iterable

from artcli.plugin import Component, hookimpl
from artcli_plugins import recipes

# kind, name, target (module in the kind's folder : function), summary
_COMPONENTS = (
    ("model", "tinyvit", "tinyvit:tinyvit", "TinyViT 5M, 11M, 21M; the deck's 21M at 384"),
    ("model", "efficientnet_b2", "efficientnet:efficientnet_b2", "EfficientNet B2 at 260"),
    ("model", "efficientnet_b3", "efficientnet:efficientnet_b3", "EfficientNet B3 at 300"),
    ("model", "efficientnet_b4", "efficientnet:efficientnet_b4", "EfficientNet B4 at 380"),
    ("model", "efficientnet_b5", "efficientnet:efficientnet_b5", "EfficientNet B5 at 456"),
    ("model", "timm", "any_timm:timm_model", "any model of timm, or a folder of one"),
    ("model", "squeezenet", "squeezenet:squeezenet", "SqueezeNet 1.1 of torchvision; small"),
    ("model", "vit", "vit:vit", "a plain ViT of any size, trained from nothing"),
    ("head", "linear", "linear:linear", "dropout and one linear layer"),
    ("head", "layernorm", "layernorm:layernorm", "LayerNorm, GELU, dropout, linear"),
    ("head", "genre", "genre:genre", "guesses the genre first; taught by forcing"),
    ("head", "subcenter", "subcenter:subcenter", "several centres per artist, by cosine"),
    ("loss", "cross-entropy", "cross_entropy:cross_entropy", "cross-entropy with soft targets"),
    ("loss", "focal", "focal:focal", "less weight on what is easy already"),
    ("loss", "balanced-cross-entropy", "balanced:balanced", "rare artists weigh more"),
    ("optimizer", "adam", "adam:adam", "Adam"),
    ("optimizer", "adamw", "adam:adamw", "Adam with decoupled weight decay"),
    ("optimizer", "sgd", "sgd:sgd", "gradient descent with momentum"),
    ("optimizer", "sam", "sam:sam", "another's step, by gradients of a worse place near"),
    ("scheduler", "constant", "constant:constant", "the optimizer's own rate throughout"),
    ("scheduler", "cosine", "cosine:cosine", "a warm-up, then half a cosine down"),
    ("scheduler", "warm-restarts", "warm_restarts:warm_restarts", "the deck's cosine cycles"),
    ("sampler", "uniform", "uniform:uniform", "each painting once an epoch"),
    ("sampler", "log", "weighted:log", "the deck's: artists of few works oftener"),
    ("sampler", "sqrt", "weighted:sqrt", "half way to an even number for each artist"),
    ("sampler", "inverse", "weighted:inverse", "each artist as often as any other"),
    ("crop", "whole", "whole:whole", "the whole painting"),
    ("crop", "deck", "deck:deck", "half of each side, anywhere"),
    ("crop", "quarter", "quarter:quarter", "about half of each side, at times the whole"),
    ("crop", "scales", "scales:scales", "from an eighth to half of the area"),
    ("augmentation", "none", "none:none", "nothing"),
    ("augmentation", "light", "light:light", "mirror; a little light and colour"),
    ("augmentation", "deck", "deck:deck", "the deck's eight transforms"),
    ("augmentation", "deck-colour", "deck_colour:deck_colour", "the deck's, and stronger colour"),
    ("augmentation", "trivial", "trivial:trivial", "one transform of any strength"),
    ("mixer", "none", "none:none", "nothing"),
    ("mixer", "cutmix", "cutmix:cutmix", "a piece of another picture pasted in"),
    ("mixer", "mixup", "mixup:mixup", "another picture laid over, half seen through"),
    ("view", "none", "none:none", "a piece as it is"),
    ("view", "flips", "flips:flips", "as it is, and mirrored"),
    ("view", "crops", "crops:crops", "as it is, four corners and the centre"),
    ("view", "scales", "scales:scales", "as it is, from nearer and from farther away"),
    ("voter", "soft", "soft:soft", "the mean of the probabilities"),
    ("voter", "hard", "hard:hard", "each model one voice; ties by the mean probability"),
    ("voter", "rank", "rank:rank", "the Borda count: the order of the artists alone"),
    ("voter", "geometric", "geometric:geometric", "the mean of the log probabilities"),
    ("voter", "weighted", "weighted:weighted", "weights for macro F1, by a search of the simplex"),
    ("voter", "greedy", "greedy:greedy", "models picked one by one for macro F1"),
    (
        "generator",
        "style-transfer",
        "style_transfer:style_transfer",
        "one painting in another's style",
    ),
    ("generator", "vae", "vae:vae", "a conditional variational autoencoder"),
    ("generator", "cgan", "cgan:cgan", "a conditional generative adversarial network"),
    ("generator", "cyclegan", "cyclegan:cyclegan", "others' paintings turned into an artist's"),
    ("generator", "ddpm", "ddpm:ddpm", "a small diffusion model, trained from nothing"),
    ("generator", "diffusion", "diffusion:diffusion", "paintings redone by Stable Diffusion"),
    ("observer", "tensorboard", "tensorboard:tensorboard", "curves for TensorBoard"),
    ("executor", "serial", "serial:serial", "one job after the other, in this process"),
    ("executor", "processes", "processes:processes", "jobs side by side, each in a process"),
    ("executor", "ray", "ray:ray", "jobs on the machines of a Ray cluster"),
)


@hookimpl
def artcli_components() -> Iterable[Component]:
    """The components, by the names of their targets, and the recipes."""
    named = [
        Component(kind, name, f"{__name__}.{_FOLDERS.get(kind, kind + 's')}.{target}", summary)
        for kind, name, target, summary in _COMPONENTS
    ]
    return [*named, *recipes.components()]


_FOLDERS = {"loss": "losses"}
