"""What is meant, in words."""

from dataclasses import dataclass

from limner.errors import BadValue
from limner.prompt import PROMPTS, Prompt


@PROMPTS.add
@dataclass(frozen=True)
class Words(Prompt):
    """A name or a phrase: "left kidney". Only text models take it.

    language   BCP 47 tag
    """

    text: str
    language: str = "en"

    def __post_init__(self) -> None:
        """Refuse silence."""
        super().__post_init__()
        if not self.text.strip():
            raise BadValue("The words of a prompt are empty. Say what is meant.")
