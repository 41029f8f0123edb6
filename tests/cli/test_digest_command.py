"""`forethought digest`."""

from support.world import SHAPES, one_line


def test_the_digest_is_markdown_for_people_and_a_document_for_programs(world, shapes):
    (shapes / "shapes.py").write_text(SHAPES.replace("radius < 0", "radius <= 0"), encoding="utf-8")
    ran = world.run("digest", "--since", "HEAD", cwd=shapes)
    assert ran.status == 0
    assert "**changed** method [`Circle.__init__`](file://" in ran.out
    document = world.run("digest", "--since", "HEAD", "--json", cwd=shapes).document
    assert [item["symbol"] for item in document["items"]] == ["Circle.__init__"]
    assert document["items"][0]["details"] == ["body"]
    assert world.run("digest", "--since", "HEAD", "--limit", "0", "--json", cwd=shapes).document["more"] == 1


def test_what_cannot_be_compared_is_one_sentence(world, shapes, tmp_path):
    ran = world.run("digest", "--since", "nowhere", cwd=shapes)
    assert ran.status == 2
    assert "'nowhere' is not a commit" in one_line(ran)
    (tmp_path / "no-git").mkdir()
    ran = world.run("digest", cwd=tmp_path / "no-git")
    assert ran.status == 1
    assert "not in a git repository" in one_line(ran)
