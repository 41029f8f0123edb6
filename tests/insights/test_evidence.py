"""Which lines a statement is about."""

from forethought.insights.evidence import find_evidence

CODE = """def decode(self, data):
    try:
        return self.inflater.decompress(data)
    except zlib.error:
        if self.first_attempt:
            self.first_attempt = False
            self.inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            return self.decode(data)
        raise DecodingError()"""


def check(statement: str, *expected: tuple[int, int]) -> None:
    assert find_evidence(statement, CODE) == expected


def test_the_lines_that_share_rare_words_are_the_evidence() -> None:
    check("A failed first attempt is made only once.", (4, 5))
    check("It raises a decoding error in the end.", (8, 8))


def test_without_a_shared_word_there_is_no_evidence() -> None:
    check("Nothing of the kind.")


def test_no_code_has_no_evidence() -> None:
    assert find_evidence("It decodes.", "") == ()
