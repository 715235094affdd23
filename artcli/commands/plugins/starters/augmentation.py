"""The augmentation starter-name: mirrored at times, with a few holes."""

from typing import Annotated, Any

from pydantic import Field

from artcli.plugin import Component, hookimpl


@hookimpl
def artcli_components() -> list[Component]:
    return [
        Component(
            kind="augmentation",
            name="starter-name",
            target=starter_name,
            summary="mirrored at times, with a few holes",
        )
    ]


def starter_name(
    image_size: int,
    *,
    holes: Annotated[int, Field(ge=1), "how many there are at most"] = 4,
    p: Annotated[float, Field(ge=0, le=1), "how often there are any"] = 0.5,
) -> Any:
    """Mirror a picture half the time, and cut holes of up to an eighth of its side into it."""
    import albumentations

    widest = max(1, image_size // 8)
    return albumentations.Compose(
        [
            albumentations.HorizontalFlip(p=0.5),
            albumentations.CoarseDropout(
                num_holes_range=(1, holes),
                hole_height_range=(1, widest),
                hole_width_range=(1, widest),
                p=p,
            ),
        ]
    )


def test_contract() -> None:
    from artcli.testing import check

    for component in artcli_components():
        check(component)
