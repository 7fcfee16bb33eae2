"""Which keys must sign what a repo shows, and who sees to it? The repo itself: no ref of it shows what is unsigned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from relengotron.errors import RequestRefused, SystemBusy
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.signatures import proof_of, sign_with, signatures_by
from relengotron.systems.signing.port import Proof, Signer


@dataclass(frozen=True, slots=True)
class RepoKeys:
    """The keys of one repo: by ref the one that its clients trust, and all of them, each once."""

    by_ref: Mapping[str, Signer]

    @property
    def every(self) -> tuple[Signer, ...]:
        """Each key once; a summary carries a signature of each, because clients of any release read it."""
        return tuple({key.name: key for key in self.by_ref.values()}.values())

    def of(self, ref: str) -> tuple[Signer, ...]:
        """The keys of which one must have signed what the ref shows; any of the repo's where nobody said which."""
        return (self.by_ref[ref],) if ref in self.by_ref else self.every


class SignedRepo:
    """A repo whose refs show only commits that the right key signed, and whose summary is signed."""

    def __init__(self, repo: OstreeRepo, keys: RepoKeys) -> None:
        """Take the repo and what its clients trust; every verb that is not named here is the repo's own."""
        self._repo = repo
        self._keys = keys

    def __getattr__(self, verb: str) -> Any:
        return getattr(self._repo, verb)

    def commit_tree_of(
        self,
        commit: str,
        *,
        parent: str | None,
        subject: str,
        timestamp: datetime,
        bind_ref: str | None = None,
        version: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """A new commit with the files of an old one, signed by whom the old ones were signed by; moves no ref."""
        made = self._repo.commit_tree_of(
            commit,
            parent=parent,
            subject=subject,
            timestamp=timestamp,
            bind_ref=bind_ref,
            version=version,
            metadata=metadata,
        )
        for key in self._keys_of(bind_ref, commit, parent):
            if key.makes_signatures:
                sign_with(self._repo, made, key)
        return made

    def sign(self, commit: str, ref: str) -> None:
        """The commit carries a good signature by the key of this ref."""
        if not self.is_signed(commit, ref):
            sign_with(self._repo, commit, self._keys.of(ref)[0])

    def is_signed(self, commit: str, ref: str) -> bool:
        """Say whether clients of the ref take the commit's signatures."""
        return any(self._proof(commit, key).is_good for key in self._keys.of(ref))

    def keys_of(self, ref: str) -> tuple[str, ...]:
        """The names of the keys of which one must have signed what the ref shows."""
        return tuple(key.name for key in self._keys.of(ref))

    def set_ref(self, ref: str, commit: str, expected_old: str | None) -> None:
        """The ref shows the commit; refused when its key has not signed it."""
        if self._repo.head(ref) != commit:
            self._must_be_signed(commit, ref)
        self._repo.set_ref(ref, commit, expected_old)

    def update_summary(self) -> None:
        """The summary lists the refs as they are now, and carries a signature by each key that makes some."""
        makers = [key for key in self._keys.every if key.makes_signatures]
        self._repo.update_summary(sign=partial(signatures_by, makers))

    def _keys_of(self, bind_ref: str | None, commit: str, parent: str | None) -> tuple[Signer, ...]:
        """Those of the ref it is bound to, of the commits it comes from, or all: who commits again knows no ref yet."""
        if bind_ref is not None:
            return self._keys.of(bind_ref)
        before = [each for each in (commit, parent) if each is not None]
        known = [key for key in self._keys.every if any(self._proof(each, key).is_good for each in before)]
        return tuple(known) or self._keys.every

    def _must_be_signed(self, commit: str, ref: str) -> None:
        keys = self._keys.of(ref)
        proofs = {key.name: self._proof(commit, key) for key in keys}
        if any(proof.is_good for proof in proofs.values()):
            return
        why = "; ".join(f"key {name}: {proof.why}" for name, proof in proofs.items())
        text = f"{ref} cannot show commit {commit}, which is not signed: {why}"
        raise (RequestRefused if any(key.makes_signatures for key in keys) else SystemBusy)(text)

    def _proof(self, commit: str, key: Signer) -> Proof:
        return proof_of(self._repo, commit, key)
