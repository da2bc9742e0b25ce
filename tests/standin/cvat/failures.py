"""Failures of jobs, with the words the real server gives them."""


class JobFailure(Exception):
    """A job failed; the text is the request's message."""


class ManifestMismatch(JobFailure):
    """Exchange 10: an image is missing that the manifest names."""

    def __init__(self):
        super().__init__(
            "rest_framework.exceptions.ValidationError: [ErrorDetail(string='Incorrect file mapping "
            "to manifest content', code='invalid')]\n"
        )
