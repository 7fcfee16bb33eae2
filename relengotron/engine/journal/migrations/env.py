"""Runs the journal's migrations on the connection that the database hands over."""

from alembic import context

from relengotron.engine.journal.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
