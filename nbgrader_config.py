"""The course as nbgrader sees it, wired to this project's executor and judge.

nbgrader and its JupyterLab extensions read this file whenever they start, so it only names things;
nothing of the package is imported here.
"""

from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader provides it

# What students read on the page of their bundle, and the name of its zip.
c.Course.title = "torch.nn, from modules to saved models"
c.Course.name = "torch-nn-course"

c.CourseDirectory.course_id = "torch_nn"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)  # gradebook.db lies there too
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    ".nbgrader.log",
    "*.py",  # a paired text notebook holds the solutions
    "*.pyc",
    "__pycache__",
    "feedback",
]

# `nbgrader autograde` and formgrader's button: the submission is not converted step by step, but
# rebuilt, executed in the sandbox and judged exactly as `autograder grade` does it.
c.Autograde.exporter_class = "autograder.gradebook.plugins.AttemptExporter"
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = ["autograder.gradebook.plugins.ExecuteAttempt"]

# What late submissions lose; as it is, nothing. All scores come from here: `autograder grade`,
# `rejudge` and `due`, `nbgrader autograde`, formgrader's button.
c.AssignLatePenalties.plugin_class = "autograder.gradebook.late_policy.LatePolicy"
#   c.LatePolicy.grace_minutes = 10  # nothing is late before, on any day
#   c.LatePolicy.per_day = 0.1  # the share of a submission's points that each day begun costs
#   c.LatePolicy.floor = 0.5  # the share of its points that a late submission keeps at least
#   c.LatePolicy.days_in_hand = 3  # whole late days over the term that cost a student nothing
# The zone of all dates. Without it formgrader shows UTC, and commands and pages the machine's own.
#   c.NbGraderAPI.timezone = "Europe/Berlin"

# What one submission may use; what is not named here has its default (autograder/sandbox/job.py).
#   c.Execution.cell_seconds = 60.0
# There are cell_seconds, cell_seconds_factor, cell_seconds_least, submission_seconds, memory_bytes,
# processes, disk_bytes, output_bytes.

# `autograder watch`: how soon a student's assignment is graded again, and when pages are made and
# released: "never" as it is, "graded", or "due".
#   c.Watch.again_after_minutes = 10
#   c.Watch.feedback = "graded"

# Students' pages show no hidden check's source, unless
#   c.FeedbackPage.show_hidden_tests = True

# What the lessons import is imported once for all submissions; this besides.
c.Execution.preload = ["tensorboard.backend.event_processing.event_accumulator"]

# `nbgrader generate_feedback`, `release_feedback` and formgrader's buttons for them: the pages of
# `autograder feedback`, and through the exchange what came through it.
c.GenerateFeedback.exporter_class = "autograder.gradebook.give_back.FeedbackExporter"
c.ExchangeFactory.release_feedback = "autograder.gradebook.give_back.ReleaseFeedback"

# `nbgrader collect` and formgrader's button: links are not followed, and what cannot be collected
# keeps nothing else from it.
c.ExchangeFactory.collect = "autograder.gradebook.inbound.Collect"

# Archives from students are checked before anything of them is unpacked.
c.ZipCollectApp.extractor_plugin = "autograder.intake.archive.VettedExtractor"

# `nbgrader export` quotes its fields, so that a name with a comma shifts no column.
c.ExportApp.plugin_class = "autograder.gradebook.export.CsvExporter"

# Pages that show submissions (formgrader, feedback) run nothing that is in them.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.preprocessors = ["autograder.pages.filters.SanitizeNotebook"]
c.HTMLExporter.filters = {"markdown2html": "autograder.pages.filters.markdown2html"}
