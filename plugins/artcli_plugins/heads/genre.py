"""A head that guesses the genre, and the artist with its help; in training it is told the genre."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from artcli.plugin import Classes, HeadOutput, UsageError


class GenreHead(nn.Module):
    """Features `(N, F)` float -> genres `(N, G)` -> logits `(N, C)` of features and genres.

    `genres` `(C, G)` are the shares of each artist's genres: rows sum to 1, or to 0 if unknown.
    """

    genres: Tensor
    forcing: Tensor

    def __init__(
        self,
        num_features: int,
        genres: Tensor,
        embedding: int,
        dropout: float,
        weight: float,
        forcing: float,
        until: float,
    ) -> None:
        super().__init__()
        num_classes, num_genres = genres.shape
        self.layers = nn.Sequential(nn.LayerNorm(num_features), nn.GELU(), nn.Dropout(dropout))
        self.genre = nn.Linear(num_features, num_genres)
        self.embedding = nn.Embedding(num_genres, embedding)
        self.artist = nn.Linear(num_features + embedding, num_classes)
        self.weight, self.start, self.until = weight, forcing, until
        self.register_buffer("genres", genres, persistent=False)
        self.register_buffer("forcing", torch.tensor(forcing), persistent=False)

    def progress(self, done: float) -> None:
        """The share of the run that is done, 0 to 1: forcing falls with it, to 0 at `until`."""
        self.forcing.fill_(self.start * max(0.0, 1 - done / self.until))

    def forward(self, features: Tensor, targets: Tensor | None = None) -> HeadOutput:
        features = self.layers(features)
        genre_logits = self.genre(features)
        guessed = genre_logits.softmax(1)
        logits = self._artists(features, guessed)
        if targets is None or not self.training:
            return HeadOutput(logits)
        true = targets @ self.genres
        unknown = 1 - true.sum(1, keepdim=True)
        told = self._artists(features, true + unknown * guessed)
        # Rows of `true` sum to what is known of them, which so weighs their cross-entropy.
        missed = F.cross_entropy(genre_logits, true)
        return HeadOutput(logits, self.weight * missed, told, self.forcing)

    def _artists(self, features: Tensor, genres: Tensor) -> Tensor:
        logits: Tensor = self.artist(torch.cat([features, genres @ self.embedding.weight], 1))
        return logits


def genre(
    num_features: int,
    classes: Classes,
    *,
    dropout: Annotated[
        float, Field(ge=0, lt=1), "the share of the features that is zeroed in training"
    ] = 0.2,
    embedding: Annotated[int, Field(ge=1), "numbers that stand for a genre"] = 32,
    weight: Annotated[float, Field(ge=0), "what the loss of the genres is multiplied by"] = 0.3,
    forcing: Annotated[
        float, Field(ge=0, le=1), "the share of the loss that is of told genres, at first"
    ] = 1.0,
    until: Annotated[
        float, Field(gt=0, le=1), "the share of the run after which no genre is told"
    ] = 0.5,
) -> nn.Module:
    """Guess the genre, then the artist from features and genre, taught by forcing.

    What the deck's last slides wish for: a model that predicts the genre, forced to the true one in
    training. Genres are a distribution, as an artist may have several, which share alike, and a
    mixed picture has several artists. Where the truth is not known, the guess fills it.

    Genres are known of artists alone, not of pictures, so the true genre gives most of the artist
    away, and a head that is only ever told it never learns to do without. So the told logits get
    the share `forcing` of the loss, which falls linearly to 0, and those of the guess, which are
    all there is at test time, the rest: scheduled sampling in expectation, without its draws.
    Features as in the head `layernorm`; `weight` as in the auxiliary classifiers of GoogLeNet.

    Errors: `UsageError` in a contest that knows no genre.

    Source: Bengio et al. 2015, "Scheduled Sampling for Sequence Prediction with Recurrent Neural
    Networks"; Szegedy et al. 2015, "Going Deeper with Convolutions"; the last slide.
    """
    if not classes.genres:
        raise UsageError(
            "the head genre has no genres to learn: no artist's is known",
            "they are read from artists_info.csv in the contest's folder; or take another --head",
        )
    matrix = torch.tensor(classes.genre_matrix, dtype=torch.float32)
    shares = matrix / matrix.sum(1, keepdim=True).clamp_min(1)
    return GenreHead(num_features, shares, embedding, dropout, weight, forcing, until)
