"""Objects as the API shows them; keys and their order as in the recorded exchanges."""

from .model import iso
from .views_small import SmallViews


class Views(SmallViews):
    """JSON forms for one request: the base of URLs comes from its headers."""

    def __init__(self, store, base, family):
        self.store, self.base, self.family = store, base, family

    def url(self, path):
        return f"{self.base}/api/{path}"

    def person(self, user_id):
        user = self.store.users.get(user_id)
        if user is None:
            return None
        return {
            "url": self.url(f"users/{user.id}"),
            "id": user.id,
            "username": user.username,
            "first_name": "",
            "last_name": "",
        }

    def user(self, user):
        return {
            "url": self.url(f"users/{user.id}"),
            "id": user.id,
            "username": user.username,
            "first_name": "",
            "last_name": "",
            "email": user.email,
            "groups": user.groups,
            "is_staff": user.superuser,
            "is_superuser": user.superuser,
            "is_active": True,
            "last_login": iso(self.store.start),
            "date_joined": iso(self.store.start),
            **({} if self.family == "A" else {"has_analytics_access": user.superuser}),
        }

    def assigned(self, thing):
        """A-11: the date of the assignment is newer than 2.14."""
        return {} if self.family == "A" else {"assignee_updated_date": iso(thing.assignee_updated)}

    def organizations(self, number):
        """Family A has `organization` only."""
        if self.family == "A":
            return {"organization": number}
        return {"organization": number, "organization_id": number}

    def project(self, project):
        tasks = self.store.tasks_of(project.id)
        dimension = "2d" if any(t.data for t in tasks) else None
        return {
            "url": self.url(f"projects/{project.id}"),
            "id": project.id,
            "name": project.name,
            "owner": self.person(project.owner),
            "assignee": self.person(project.assignee),
            "guide_id": project.guide,
            "bug_tracker": project.bug_tracker,
            "created_date": iso(project.created),
            "updated_date": iso(project.updated),
            "status": project.status,
            "dimension": dimension,
            **self.organizations(project.organization),
            "target_storage": None,
            "source_storage": None,
            "tasks": {"count": len(tasks), "url": self.url(f"tasks?project_id={project.id}")},
            "labels": {"url": self.url(f"labels?project_id={project.id}")},
            **self.assigned(project),
            "task_subsets": sorted({t.subset for t in tasks if t.subset}),
        }

    def task(self, task):
        jobs = self.store.jobs_of(task.id)
        data = task.data
        ready = data is not None and data.state == "ready"
        out = {
            "url": self.url(f"tasks/{task.id}"),
            "id": task.id,
            "name": task.name,
            "project_id": task.project,
            "mode": ("interpolation" if data.chunk_type == "video" else "annotation") if ready else "",
            "owner": self.person(task.owner),
            "assignee": self.person(task.assignee),
            "bug_tracker": task.bug_tracker,
            "created_date": iso(task.created),
            "updated_date": iso(task.updated),
            "overlap": task.overlap,
            "segment_size": task.segment_size,
            "status": task.status,
        }
        if data is not None and self.family == "A":
            out.update(data_chunk_size=data.chunk_size, data_compressed_chunk_type=data.chunk_type)
        elif data is not None:
            out.update(
                data_chunk_size=data.chunk_size,
                data_original_chunk_type=data.chunk_type,
                data_compressed_chunk_type=data.chunk_type,
                data_cloud_storage_id=None,
            )
        out["guide_id"] = task.guide
        if data is not None:
            if self.family == "A":
                out["data_original_chunk_type"] = data.chunk_type
            out.update(size=data.size if ready else 0, image_quality=data.image_quality, data=data.id)
        out.update(dimension="2d", subset=task.subset)
        if self.family != "A":
            out["organization_id"] = task.organization
        out["organization"] = task.organization
        out.update(
            target_storage=None,
            source_storage=None,
            jobs={
                "count": len(jobs),
                "completed": sum(j.state == "completed" and j.stage == "acceptance" for j in jobs),
                "validation": sum(j.stage == "validation" for j in jobs),
                "url": self.url(f"jobs?task_id={task.id}"),
            },
            labels={"url": self.url(f"labels?task_id={task.id}")},
            **self.assigned(task),
        )
        if self.family != "A":
            out.update(
                validation_mode=self.validation_mode(task, jobs),
                consensus_enabled=bool(task.consensus_replicas),
            )
        return out

    @staticmethod
    def validation_mode(task, jobs):
        if task.data is not None and task.data.validation_layout:
            return task.data.validation_layout["mode"]
        return "gt" if any(j.type == "ground_truth" for j in jobs) else None

    def job(self, job):
        store = self.store
        task = store.tasks[job.task]
        project = store.projects.get(task.project)
        data = task.data
        issues = sum(i.job == job.id for i in store.issues.values())
        count = len(job.frames) if job.frames else job.stop - job.start + 1
        out = {
            "url": self.url(f"jobs/{job.id}"),
            "id": job.id,
            "task_id": task.id,
            "project_id": task.project,
            "assignee": self.person(job.assignee),
            "guide_id": project.guide if project else task.guide,
            "dimension": "2d",
            "bug_tracker": project.bug_tracker if project else task.bug_tracker or None,
            "status": job.status,
            "stage": job.stage,
            "state": job.state,
            "mode": "interpolation" if data.chunk_type == "video" else "annotation",
            "frame_count": count,
            "start_frame": job.start,
            "stop_frame": job.stop,
            "data_chunk_size": data.chunk_size,
            "data_compressed_chunk_type": data.chunk_type,
            **({} if self.family == "A" else {"data_original_chunk_type": data.chunk_type}),
            "created_date": iso(job.created),
            "updated_date": iso(job.updated),
            "issues": {"url": self.url(f"issues?job_id={job.id}"), "count": issues},
            "labels": {"url": self.url(f"labels?job_id={job.id}")},
            "type": job.type,
            "organization": task.organization,
            "target_storage": None,
            "source_storage": None,
            **self.assigned(job),
        }
        if self.family != "A":
            out.update(parent_job_id=None, consensus_replicas=0)
        return out

    def label(self, label):
        out = {
            "id": label.id,
            "name": label.name,
            "color": label.color,
            "attributes": label.attributes,
            "type": label.type,
        }
        if label.parent is not None:
            out["has_parent"] = True
            return out
        out["sublabels"] = [self.label(c) for c in self.store.children_of(label)]
        if label.project is not None:
            out["project_id"] = label.project
        else:
            out["task_id"] = label.task
        out.update(parent_id=None, has_parent=False)
        if label.type == "skeleton":
            out["svg"] = label.svg
        return out

    def data_meta(self, task, job=None):
        """Frames and deleted frames of a task or a job (A-11)."""
        data = task.data
        first, last = (job.start, job.stop) if job else (0, max(data.size - 1, 0))
        if data.chunk_type == "video":
            shown = data.frames
        else:
            shown = data.frames[first : last + 1]
        deleted = [f for f in data.deleted_frames if first <= f <= last]
        if job is not None and job.type == "ground_truth" and self.family != "A":
            deleted = job.deleted_frames
        out = {}
        if self.family != "A":
            out["chapters"] = [] if data.chunk_type == "video" else None
            out["chunks_updated_date"] = iso(task.created)
        out.update(
            chunk_size=data.chunk_size,
            size=last - first + 1 if job else data.size,
            image_quality=data.image_quality,
            start_frame=data.start_frame or 0,
            stop_frame=data.stop_frame if data.stop_frame is not None else max(data.size - 1, 0),
            frame_filter=data.frame_filter,
            frames=[
                {"width": w, "height": h, "name": n, "related_files": 0, "has_related_context": False}
                for n, w, h in shown
            ],
            deleted_frames=deleted,
            included_frames=job.frames if job else None,
        )
        if self.family != "A":
            out.update(storage=data.storage, cloud_storage_id=None)
        return out
