"""An exception of a target has a text, whatever the target made of it."""

from gradcheck.exceptions import reason_of


def test_an_exception_whose_text_raises_has_a_safe_text():
    class EvilError(Exception):
        def __str__(self):
            raise RuntimeError

    assert reason_of(EvilError()) == "EvilError: (its __str__ raises, too)"
    assert reason_of(KeyboardInterrupt()) == "KeyboardInterrupt"
