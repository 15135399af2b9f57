"""``python -m allocator.verbs.statement`` prints docs/model.md."""

from allocator.verbs.statement.page import model_page

print(model_page(), end="")
