"""All models by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from synthkit.models.ada_gvae import AdaGvae
from synthkit.models.ae import Ae
from synthkit.models.annealed_vae import AnnealedVae
from synthkit.models.barlow_twins import BarlowTwins
from synthkit.models.base import Model
from synthkit.models.beta_tcvae import BetaTcVae
from synthkit.models.beta_vae import BetaVae
from synthkit.models.dip_vae import DipVae1, DipVae2
from synthkit.models.factor_vae import FactorVae
from synthkit.models.rave import Rave
from synthkit.models.vae import Vae

__all__ = ["MODELS"]

MODELS: Mapping[str, type[Model]] = MappingProxyType(
    {
        "ae": Ae,
        "vae": Vae,
        "beta_vae": BetaVae,
        "annealed_vae": AnnealedVae,
        "beta_tcvae": BetaTcVae,
        "factor_vae": FactorVae,
        "dip_vae_i": DipVae1,
        "dip_vae_ii": DipVae2,
        "ada_gvae": AdaGvae,
        "barlow_twins": BarlowTwins,
        "rave": Rave,
    }
)
