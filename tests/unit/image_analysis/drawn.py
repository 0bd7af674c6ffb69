"""Pictures that are drawn by arithmetic: the same ones on every machine."""
from __future__ import annotations

import numpy as np


def drawn_pictures(side: int = 224) -> np.ndarray:
    """Eight pictures as the models read them: float32 [8, side, side, 3], from 0 to 1."""
    across, down = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    noise = np.random.default_rng(5).random((side // 8, side // 8, 3)).repeat(8, 0).repeat(8, 1)
    disc = (np.hypot(across - 0.5, down - 0.6) < 0.3).astype(float)
    stripes = np.floor(across * 16) % 2
    board = (np.floor(across * 8) + np.floor(down * 8)) % 2
    waves = 0.5 + 0.5 * np.sin(40 * across * down)
    skin = np.array([0.85, 0.65, 0.53])
    pictures = [
        np.stack([across, down, 1 - across], 2), noise, np.stack([disc, 0.4 * disc, 1 - disc], 2), np.stack([stripes] * 3, 2),
        np.stack([board, waves, 1 - board], 2), skin * (0.6 + 0.4 * waves[..., None]),
        skin * disc[..., None] + 0.2 * (1 - disc[..., None]), 0.5 * noise + 0.5 * np.stack([down, down, across], 2),
    ]
    return np.array(pictures, np.float32)
