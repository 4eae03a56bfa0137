import json

import pytest


def _save(folder, **more):
    """A tiny multi-speaker VITS with random weights, saved as coqui-tts saves it."""
    import torch
    from TTS.config.shared_configs import BaseAudioConfig
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits, VitsArgs

    folder.mkdir(exist_ok=True)
    speakers = folder / "speakers.json"
    speakers.write_text(json.dumps({"ann": 0, "bob": 1, "cat": 2}))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        arguments = VitsArgs(
            use_speaker_embedding=True,
            speaker_embedding_channels=16,
            speakers_file=str(speakers),
            hidden_channels=16,
            hidden_channels_ffn_text_encoder=32,
            num_layers_text_encoder=1,
            num_layers_posterior_encoder=1,
            num_layers_flow=1,
            upsample_initial_channel_decoder=32,
            upsample_rates_decoder=[8, 8, 4],
            upsample_kernel_sizes_decoder=[16, 16, 8],
            resblock_kernel_sizes_decoder=[3],
            resblock_dilation_sizes_decoder=[[1, 3, 5]],
            out_channels=257,
            init_discriminator=False,
        )
        config = VitsConfig(
            model_args=arguments,
            audio=BaseAudioConfig(fft_size=512, win_length=512, hop_length=256, sample_rate=16000),
            use_speaker_embedding=True,
            speakers_file=str(speakers),
            text_cleaner="english_cleaners",
            **more,
        )
        model = Vits(config)
        torch.save({"model": model.state_dict()}, folder / "model.pth")
    config.save_json(folder / "config.json")
    return folder


@pytest.fixture(scope="session")
def tiny_vits(tmp_path_factory):
    """Folder of a model that reads letters: model.pth, config.json, speakers.json."""
    return _save(tmp_path_factory.mktemp("vits") / "letters", use_phonemes=False)


@pytest.fixture(scope="session")
def tiny_phoneme_vits(tmp_path_factory):
    """The same for one that reads phonemes, which coqui-tts has from espeak-ng."""
    folder = tmp_path_factory.mktemp("vits") / "phonemes"
    return _save(folder, use_phonemes=True, phonemizer="espeak", phoneme_language="en-us")
