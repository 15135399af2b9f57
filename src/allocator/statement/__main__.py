"""``python -m allocator.statement`` prints docs/model.md."""

from allocator.statement.page import model_page

print(model_page(), end="")
