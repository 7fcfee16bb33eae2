"""The metadata of finished composes, as Pungi writes them and productmd reads them."""
