"""ANLI with informed reasoning: a language model is given the right label and explains why it is right.

The second kind of rationale of "Enhancing SLM via ChatGPT and Dataset Augmentation" (Pieper et al., NLDB 2024): there
T5-Small gains 2.3 % accuracy with it. Needs the files of ANLI (`--set source=DIR`) and an OpenAI-compatible service;
the training texts alone are explained. `--smoke` takes a few inferences of our own grammar in place of ANLI.
"""

from synthkit.recipe import Random, Recipe

recipe = Recipe(
    name="anli_informed_reasoning",
    description=__doc__,
    notes=("The paper's prompts are not published; the prompt beside the data is ours.",),
    generator="rationales",
    params={
        "corpus": "anli",
        "source": "",
        "kind": "informed_reasoning",
        "rationale_splits": ["train"],
        "llm": {"name": "gpt-3.5-turbo", "max_tokens": 256},
        "service": {},
    },
    design=Random(),
    splits={"train": 0.8, "validation": 0.1, "test": 0.1},
    license="CC-BY-NC-4.0",
    citation="Yixin Nie, Adina Williams, Emily Dinan, Mohit Bansal, Jason Weston and Douwe Kiela (2020). Adversarial "
    "NLI: A New Benchmark for Natural Language Understanding. ACL.\n"
    "Tom Pieper, Mohamad Ballout, Ulf Krumnack, Gunther Heidemann and Kai-Uwe Kuehnberger (2024). Enhancing SLM via "
    "ChatGPT and Dataset Augmentation. NLDB.",
    smoke={"params.corpus": "grammar", "params.items": 40, "license": "CC0-1.0"},
)
