"""What is a run about, in a few words?"""

from relengotron.engine.journal import rollbacks
from relengotron.model.run import Run


def what(run: Run) -> str:
    """The procedure, and what it takes back if it is a rollback."""
    words = run.workflow.replace("_", " ")
    if run.workflow == rollbacks.WORKFLOW and isinstance(run.request, dict) and "run" in run.request:
        return f"{words} of {run.request['run']}"
    return words
