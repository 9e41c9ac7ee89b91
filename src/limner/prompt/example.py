"""Another image with its answer, for models that learn from a support set."""

from dataclasses import dataclass

from limner.errors import BadValue
from limner.prompt import PROMPTS, Prompt


@PROMPTS.add
@dataclass(frozen=True)
class Example(Prompt):
    """Names a Sample; carries no arrays. Only in-context models take it.

    sample   the id of the sample
    digest   SHA-256 of its content, so that another of that id is not taken for it
    label    which class of it is the example; "" for its only one
    """

    sample: str
    digest: str
    label: str = ""

    def __post_init__(self) -> None:
        """Refuse an example of nothing."""
        super().__post_init__()
        if not self.sample or not self.digest:
            raise BadValue("An example needs the id of a sample and its digest. Give both.")
